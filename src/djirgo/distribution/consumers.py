"""Giving out work as soon as something has happened after which there may be something to give, or room for it.

What is given out is told in events as well, which lead here again. So a large number of tasks is given out in steps,
each set off by the one before, and it ends when a step finds nothing to do.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from django.utils import timezone

from djirgo.distribution.dispatch import STEP, dispatch, with_work_to_give_out
from djirgo.events.message import Message
from djirgo.tasks.models.project import GENERAL
from djirgo.tasks.models.roles import ProjectGone

#: After these nothing waits that did not before, and nobody can take more.
CHANGE_NOTHING = frozenset({"task.started", "task.paused", "task.resumed", "member.removed"})


def give_out_work(messages: Sequence[Message]) -> None:
    """Once for each project, in the order of their ids, a step that is the smaller the more they are."""
    touched = {project for message in messages for project in _projects(message)}
    projects = list(with_work_to_give_out().filter(pk__in=touched)) if touched else []
    for project in projects:
        with suppress(ProjectGone):
            dispatch(project, at=timezone.now(), most=max(STEP // len(projects), 1))


def _projects(message: Message) -> Iterator[int]:
    """Where it happened; a task that has moved has left room where it was."""
    if message.type in CHANGE_NOTHING:
        return
    data = message.data
    if message.type.startswith("task."):
        yield data["task"].get("project", GENERAL)  # the oldest events know of no projects
        if moved := data["changed"].get("project"):
            yield moved["from"]
    else:
        yield data["project"] if message.type.startswith("member.") else data["project"]["id"]
