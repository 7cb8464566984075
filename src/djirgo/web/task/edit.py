"""Writing into a task without writing over what somebody else has just written.

A form carries the version that it was made from. Where the task is another by now, but not in what the form writes,
nothing is in conflict and the edit is made at the version that there is; else it is refused, and both are shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from djirgo.accounts.models import User
from djirgo.events.models import Event
from djirgo.tasks import events
from djirgo.tasks.models import Task
from djirgo.tasks.models.edits import Edits
from djirgo.tasks.models.grip import StaleVersion
from djirgo.web.task.timeline import ITSELF, Change, changes

#: Somebody else may be quicker again and again; after so many times it is told as a conflict.
TRIES = 3


@dataclass(frozen=True)
class Theirs:
    """What somebody did to the task since the form was made."""

    who: str
    at: datetime
    changes: Sequence[Change]


class Conflict(Exception):
    def __init__(self, task: Task, theirs: Sequence[Theirs]) -> None:
        super().__init__()
        self.task = task
        self.theirs = theirs


def edit(task: Task, edits: Edits, *, seen: int, by: User, at: datetime) -> Task:
    """Write the edits of somebody who saw this version."""
    for _ in range(TRIES):
        try:
            return task.expecting(seen).edit(by=by, at=at, **edits)
        except StaleVersion:
            task.refresh_from_db()
            if since := _changed_since(task, seen, set(edits)):
                raise Conflict(task, since) from None
            seen = task.version
    raise Conflict(task, ())


def _changed_since(task: Task, seen: int, names: set[str]) -> list[Theirs]:
    """Who has written into these fields after that version."""
    later = Event.objects.about(events.subject(task.pk)).filter(data__task__version__gt=seen)
    return [_theirs(event.data, event.time) for event in later if names & set(event.data.get("changed", ()))]


def _theirs(data: Mapping[str, Any], at: datetime) -> Theirs:
    return Theirs(data["actor"] or ITSELF, at, tuple(changes(data["changed"])))
