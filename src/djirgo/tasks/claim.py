"""Taking from the queue: the most urgent task that somebody may work on, and that nobody else is just taking.

What waits stands in several rows of one order: one for each project, and one of what was given to the claimer and not
begun. Each has an index that ends where it begins, so that a claim costs the same whatever waits behind. Claimers step
over the tasks that others have locked (`SKIP LOCKED`), and so never wait for each other; SQLite lets one in at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from djirgo.accounts.models import User
from djirgo.tasks.models import Label, Project, Task
from djirgo.tasks.models.rules import require_worker
from djirgo.tasks.models.status import Status


@dataclass(frozen=True)
class Wish:
    """What a claimer asks for."""

    by: User
    #: Only of this project; otherwise of any that they work in.
    project: Project | None = None
    #: Only what carries all of these.
    labels: Sequence[str] = ()


@transaction.atomic
def claim(wish: Wish, *, at: datetime, lease_seconds: int | None = None, limit: int = 1) -> list[Task]:
    """Start up to so many tasks for the claimer, the most urgent first: none if none is to be had right now."""
    if wish.project:
        require_worker(wish.by, wish.project)
    rows = list(_rows(wish))
    claimed: list[Task] = []
    while len(claimed) < limit and (row := _most_urgent(rows)):
        wanted = limit - len(claimed) if len(rows) == 1 else 1
        found = row.take(wanted)
        if len(found) < wanted:
            rows.remove(row)
        claimed += [task.claim(lease_seconds=lease_seconds, by=wish.by, at=at) for task in found]
    return claimed


def is_there_anything(wish: Wish) -> bool:
    """Whether a claim would find something, unless others are quicker."""
    return any(row.head() for row in _rows(wish))


@dataclass(frozen=True)
class Row:
    """Tasks that wait, in the order of the queue; found by way of their labels where labels are asked for."""

    found: QuerySet[Any]
    #: The way from what is found to the task: nothing, or `task__`.
    way: str = ""

    def head(self) -> tuple[Any, ...] | None:
        """The place of the first in the order of the queue."""
        first = self._in_order().values_list("priority", "due_order", f"{self.way}id").first()
        return (-first[0], *first[1:]) if first else None

    def take(self, number: int) -> list[Task]:
        """The first so many that nobody else has locked, locked."""
        of = ("task",) if self.way else ("self",)
        locked = self._in_order().select_for_update(of=of, skip_locked=True)
        if not self.way:
            return list(locked[:number])
        return [label.task for label in locked.select_related("task")[:number]]

    def _in_order(self) -> QuerySet[Any]:
        return self.found.order_by("-priority", "due_order", f"{self.way}id")


def _rows(wish: Wish) -> Iterator[Row]:
    given = Task.objects.ready().filter(performer=wish.by).carrying(wish.labels)
    yield Row(given.filter(project=wish.project) if wish.project else given)
    projects = [wish.project.pk] if wish.project else Project.objects.worked_on_by(wish.by).values_list("pk", flat=True)
    for project in projects:
        yield _row_of(project, wish.labels)


def _row_of(project: int, labels: Sequence[str]) -> Row:
    if not labels:
        return Row(Task.objects.waiting().filter(project=project))
    first, *others = labels
    found = Label.objects.filter(project=project, name=first, is_waiting=True)
    # Once more of the task itself: the row of the label is not locked.
    found = found.filter(task__status=Status.NEW, task__performer=None, task__is_blocked=False)
    return Row(found.filter(task__in=Task.objects.carrying(others)) if others else found, "task__")


def _most_urgent(rows: list[Row]) -> Row | None:
    """The row with the most urgent head; those that have none are left out from now on."""
    heads = {index: head for index, row in enumerate(rows) if (head := row.head())}
    rows[:] = [rows[index] for index in heads]
    return min(zip(heads.values(), rows, strict=True), key=lambda pair: pair[0])[1] if rows else None
