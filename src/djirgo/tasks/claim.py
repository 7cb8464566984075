"""Taking from the queue: the most urgent task that somebody may work on, and that nobody else is just taking.

What waits stands in several rows of one order: one for each project, and one of what was given to the claimer and not
begun. Each has an index that ends where it begins, so that a claim costs the same whatever waits behind. Claimers step
over the tasks that others have locked (`SKIP LOCKED`), and so never wait for each other; SQLite lets one in at a time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from djirgo.accounts.models import User
from djirgo.tasks.models import Label, Project, Task
from djirgo.tasks.models.rules import require_worker
from djirgo.tasks.models.status import Status

#: The place of a task in the order of the queue; the smaller, the more urgent.
Place = tuple[int, datetime, int]


#: Labels that so many of the waiting tasks carry are all as common.
MANY = 10_000


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
    turn = count()
    rows = [(place, next(turn), row) for place, row in _rows(wish)]
    heapify(rows)
    claimed: list[Task] = []
    while rows and len(claimed) < limit:
        _, _, find = heappop(rows)
        row = find()
        wanted = 1 if rows else limit - len(claimed)
        found = row.take(wanted)
        claimed += [task.claim(lease_seconds=lease_seconds, by=wish.by, at=at) for task in found]
        if found and len(claimed) < limit and (place := row.head()):
            heappush(rows, (place, next(turn), find))
    return claimed


def is_there_anything(wish: Wish) -> bool:
    """Whether a claim would find something, unless others are quicker."""
    return bool(_rows(wish))


@dataclass(frozen=True)
class Row:
    """Tasks that wait, in the order of the queue; found by way of their labels where labels are asked for."""

    found: QuerySet[Any]
    #: The way from what is found to the task: nothing, or `task__`.
    way: str = ""

    def head(self) -> Place | None:
        """The place of the first in the order of the queue."""
        first = self.in_order().values_list("priority", "due_order", f"{self.way}id").first()
        return (-first[0], *first[1:]) if first else None

    def take(self, number: int) -> list[Task]:
        """The first so many that nobody else has locked, locked."""
        return [found.task if self.way else found for found in self.free()[:number]]

    def free(self) -> QuerySet[Any]:
        if not self.way:
            return self.in_order().select_for_update(skip_locked=True)
        return self.in_order().select_related("task").select_for_update(of=("task",), skip_locked=True)

    def in_order(self) -> QuerySet[Any]:
        return self.found.order_by("-priority", "due_order", f"{self.way}id")


def _rows(wish: Wish) -> list[tuple[Place, Callable[[], Row]]]:
    """Those in which something waits, each with the place of its first. They may be many, of which few are needed."""
    if wish.project:
        require_worker(wish.by, wish.project)
    rows: list[tuple[Place, Callable[[], Row]]] = []
    if place := given_to(wish).head():
        rows.append((place, partial(given_to, wish)))
    labels = rarest_first(wish)
    # All projects at once: to ask each on its own would cost more with every project.
    heads = first_of_each(_projects(wish), labels).values_list("project", "priority", "due_order", "id")
    for project, priority, due_order, task in heads:
        rows.append(((-priority, due_order, task), partial(waiting_in, project, labels)))
    return rows


def given_to(wish: Wish) -> Row:
    """What the claimer was given and has not begun, where they take part in the work."""
    given = Task.objects.ready().filter(performer=wish.by).carrying(wish.labels)
    if wish.project or not wish.by.is_staff:
        given = given.filter(project__in=_projects(wish))
    return Row(given)


def waiting_in(project: Any, labels: Sequence[str]) -> Row:
    """What waits in a project for anybody; without the project's id, for a subquery."""
    if not labels:
        return Row(Task.objects.waiting().filter(project=project))
    first, *others = labels
    found = Label.objects.filter(project=project, name=first, is_waiting=True).beside(others)
    # Once more of the task itself: the row of the label is not locked.
    return Row(found.filter(task__status=Status.NEW, task__performer=None, task__is_blocked=False), "task__")


def first_of_each(projects: QuerySet[Project], labels: Sequence[str]) -> QuerySet[Task]:
    """The most urgent task that waits in each project."""
    row = waiting_in(OuterRef("pk"), labels)
    first = Subquery(row.in_order().values(f"{row.way}id")[:1])
    return Task.objects.filter(pk__in=projects.annotate(first=first).values("first"))


def rarest_first(wish: Wish) -> Sequence[str]:
    """What carries all the labels is looked for among what carries the one that fewest carry, up to a number."""
    if len(wish.labels) < 2:
        return wish.labels
    waiting = Label.objects.filter(project__in=_projects(wish), is_waiting=True)
    return sorted(wish.labels, key=lambda name: waiting.filter(name=name)[:MANY].count())


def _projects(wish: Wish) -> QuerySet[Project]:
    return Project.objects.filter(pk=wish.project.pk) if wish.project else Project.objects.worked_on_by(wish.by)
