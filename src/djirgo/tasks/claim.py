"""Taking from the queue: the most urgent task that somebody may work on, and that nobody else is just taking.

What waits stands in several rows of one order: one for each project, and one of what was given to the claimer and not
begun. Each has an index that ends where it begins, so that a claim costs the same whatever waits behind. Claimers step
over the tasks that others have locked (`SKIP LOCKED`), and so never wait for each other; SQLite lets one in at a time.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from heapq import heapify, heappop, heappush
from inspect import signature
from itertools import count
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from djirgo.accounts.models import User
from djirgo.statements import Slot, Statement
from djirgo.tasks.models import Label, Project, Task
from djirgo.tasks.models.queryset import TaskQuerySet
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
        # They are locked and wait, so that nothing refuses them that would have to be undone alone.
        how = {"savepoint": False, "is_held": row.is_common}
        claimed += [task.claim(lease_seconds=lease_seconds, by=wish.by, at=at, **how) for task in found]
        if found and len(claimed) < limit and (place := row.head()):
            heappush(rows, (place, next(turn), find))
    return claimed


def is_there_anything(wish: Wish) -> bool:
    """Whether a claim would find something, unless others are quicker."""
    return bool(_rows(wish))


@dataclass(frozen=True)
class Row:
    """Tasks that wait, in the order of the queue; found by way of their labels where labels are asked for."""

    find: Callable[..., QuerySet[Any]]
    #: What `find` is told.
    values: dict[str, int] = field(default_factory=dict)
    #: The way from what is found to the task: nothing, or `task__`.
    way: str = ""
    #: `find` is asked all the time, and worth to be compiled once.
    is_common: bool = False

    def head(self) -> Place | None:
        """The place of the first in the order of the queue."""
        if self.is_common:
            first = _head(self.find).row(**self.values)
        else:
            first = self.in_order().values_list("priority", "due_order", f"{self.way}id").first()
        return _place(first) if first else None

    def take(self, number: int) -> list[Task]:
        """The first so many that nobody else has locked, locked; the common ones whole."""
        if self.is_common:
            return _take(self.find, number).all(**self.values)
        return [found.task if self.way else found for found in self.free()[:number]]

    def in_order(self) -> QuerySet[Any]:
        return self.find(**self.values).order_by("-priority", "due_order", f"{self.way}id")

    def free(self) -> QuerySet[Any]:
        if not self.way:
            return self.in_order().select_for_update(skip_locked=True)
        return self.in_order().select_related("task").select_for_update(of=("task",), skip_locked=True)


def _rows(wish: Wish) -> list[tuple[Place, Callable[[], Row]]]:
    """Those in which something waits, each with the place of its first. They may be many, of which few are needed."""
    if wish.project:
        require_worker(wish.by, wish.project)
    rows: list[tuple[Place, Callable[[], Row]]] = []
    if place := given_to(wish).head():
        rows.append((place, partial(given_to, wish)))
    labels = rarest_first(wish)
    for project, *first in _heads(wish, labels):
        rows.append((_place(first), partial(waiting_in, project, labels)))
    return rows


def _heads(wish: Wish, labels: Sequence[str]) -> Iterable[Sequence[Any]]:
    """Of all projects at once: to ask each on its own would cost more with every project."""
    if labels or wish.project:
        return _first_of_each(_projects(wish), labels)
    return _common_heads.rows(user=wish.by.pk)


def given_to(wish: Wish) -> Row:
    """What the claimer was given and has not begun, where they take part in the work."""
    if wish.labels or wish.project:
        return Row(lambda: _given(wish.by.pk).filter(project__in=_projects(wish)).carrying(wish.labels))
    return Row(_given if wish.by.is_staff else _given_where_they_work, {"user": wish.by.pk}, is_common=True)


def waiting_in(project: Any, labels: Sequence[str]) -> Row:
    """What waits in a project for anybody; without the project's id, for a subquery."""
    if not labels:
        return Row(_waiting, {"project": project}, is_common=True)
    first, *others = labels
    found = Label.objects.filter(project=project, name=first, is_waiting=True).beside(others)
    # Once more of the task itself: the row of the label is not locked.
    waits = {"task__status": Status.NEW, "task__performer": None, "task__is_blocked": False}
    return Row(lambda: found.filter(**waits), way="task__")


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


# --- What is asked ----------------------------------------------------------------------------------------------------


def _waiting(project: Any) -> TaskQuerySet:
    return Task.objects.waiting().filter(project_id=project)


def _given(user: Any) -> TaskQuerySet:
    return Task.objects.ready().filter(performer_id=user)


def _given_where_they_work(user: Any) -> TaskQuerySet:
    return _given(user).filter(project__in=Project.objects.worked_on_by(user))


def _first_of_each(projects: QuerySet[Project], labels: Sequence[str]) -> QuerySet[Any, Any]:
    return first_of_each(projects, labels).values_list("project", "priority", "due_order", "id")


_common_heads = Statement(lambda: _first_of_each(Project.objects.worked_on_by(Slot("user")), ()))


@cache
def _head(find: Callable[..., TaskQuerySet]) -> Statement[Task]:
    return Statement(lambda: _with_slots(find).values_list("priority", "due_order", "id")[:1])


@cache
def _take(find: Callable[..., TaskQuerySet], number: int) -> Statement[Task]:
    return Statement(lambda: _with_slots(find).locked(skip=True)[:number])


def _with_slots(find: Callable[..., TaskQuerySet]) -> TaskQuerySet:
    return find(**{name: Slot(name) for name in signature(find).parameters}).most_urgent_first()


def _place(first: Sequence[Any]) -> Place:
    return (-first[0], first[1], first[2])
