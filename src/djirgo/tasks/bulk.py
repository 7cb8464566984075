"""Many changes in one transaction: all of them, or none and every refusal with its index."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from djirgo.accounts.models import User
from djirgo.errors import DomainError, Several
from djirgo.tasks.models import Project, Task
from djirgo.tasks.models.grip import TaskGone

MOST_AT_ONCE = 1000


class SeveralRefused(Several):
    code = "several_refused"


@dataclass(frozen=True)
class Change:
    """What is to be done with a task, at any version or at this one."""

    task: int
    version: int | None
    #: Called with the task, who says it, and when.
    do: Callable[[Task, User, datetime], Task]
    #: Whether it says what the task waits for.
    touches_graph: bool = False


@transaction.atomic
def change_many(changes: Sequence[Change], *, by: User, at: datetime) -> list[Task]:
    """The tasks as they are then, in the order of the changes. Tasks are locked in the order of their ids."""
    tasks = Task.objects.visible_to(by).select_related("project").in_bulk([change.task for change in changes])
    touching = {change.task for change in changes if change.touches_graph}
    _lock_projects(task.project.pk for task in tasks.values() if task.blocks_others or task.pk in touching)
    refusals: dict[int, DomainError] = {}
    for index in sorted(range(len(changes)), key=lambda index: changes[index].task):
        try:
            _apply(changes[index], tasks.get(changes[index].task), by=by, at=at)
        except DomainError as refusal:
            refusals[index] = refusal
    if refusals:
        raise SeveralRefused(dict(sorted(refusals.items())))
    return [tasks[change.task] for change in changes]


def _apply(change: Change, task: Task | None, *, by: User, at: datetime) -> None:
    if task is None:
        raise TaskGone("There is no such task.")
    change.do(task.expecting(change.version), by, at)


def _lock_projects(ids: Iterable[int]) -> None:
    """They come before their tasks: where something waits or is waited for, the project is held from the start."""
    for project in sorted(set(ids)):
        Project(pk=project).lock()
