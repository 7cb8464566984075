"""What waits in a project, by label; what comes in and goes out; what came back; and why the first of it waits.

Nothing here costs more the more there is: labels are found by stepping from pile to pile, and numbers are counted as
far as a person looks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from djirgo.accounts.models import User
from djirgo.distribution.piles import piles
from djirgo.distribution.room import Room
from djirgo.distribution.why import why
from djirgo.tasks.models import Attempt, Label, Project, Status, Task
from djirgo.tasks.models.queryset import TaskQuerySet
from djirgo.web.board.columns import CAP
from djirgo.web.names import why_words

MOST_LABELS = 20
MOST_WAITING = 20
MOST_ATTEMPTS = 10

SPANS = {timedelta(hours=1): _("Last hour"), timedelta(days=1): _("Last 24 hours"), timedelta(days=7): _("Last 7 days")}


@dataclass(frozen=True)
class Count:
    """A number, counted so far and no further."""

    number: int

    def __str__(self) -> str:
        return f"{CAP}+" if self.number > CAP else str(self.number)


@dataclass(frozen=True)
class Waiting:
    """What waits with a label, or without any."""

    label: str | None
    count: Count
    length: int = 0


def queue(project: Project, user: User, *, now: datetime) -> Mapping[str, Any]:
    tasks = Task.objects.of_project(project, seen_by=user)
    is_whole = project.shows_all_to(user)
    room = Room(project)
    first = list(tasks.waiting().most_urgent_first()[:MOST_WAITING])
    blocked = list(tasks.blocked().most_urgent_first()[:MOST_WAITING])
    return {
        "project": project,
        "is_whole": is_whole,
        "number": counted(tasks.waiting()),
        "number_blocked": counted(tasks.blocked()),
        "oldest": tasks.waiting().order_by("id").only("id", "text", "created_at").first(),
        "by_label": by_label(project) if is_whole else [],
        "spans": list(SPANS.values()),
        "rates": rates(project, tasks, user, now=now),
        "attempts": attempts(project, user)[:MOST_ATTEMPTS],
        "waiting": [(task, why_words(task, why(task, room))) for task in (*first, *blocked)],
    }


def counted(rows: QuerySet[Any]) -> Count:
    return Count(rows.order_by()[: CAP + 1].count())


def by_label(project: Project) -> Sequence[Waiting]:
    """The labels of what waits, of which the most waits first."""
    found = piles(project, is_locking=False)
    names = sorted({label for pile in found for label in pile.labels})[:MOST_LABELS]
    waiting = Label.objects.filter(project=project, is_waiting=True)
    counts: list[tuple[str | None, Count]] = [(name, counted(waiting.filter(name=name))) for name in names]
    if any(not pile.labels for pile in found):
        counts.append((None, counted(project.tasks.waiting().filter(label_set=""))))
    most = max((count.number for _name, count in counts), default=0) or 1
    rows = [Waiting(name, count, max(1, 100 * count.number // most)) for name, count in counts]
    return sorted(rows, key=lambda row: -row.count.number)


def rates(
    project: Project, tasks: TaskQuerySet, user: User, *, now: datetime
) -> Sequence[tuple[str | Promise, Sequence[Count]]]:
    """What came in, got done, and came back, lately."""
    spent = attempts(project, user)
    rows: list[tuple[str | Promise, QuerySet[Any], str]] = [
        (_("Came in"), tasks, "created_at"),
        (_("Completed"), tasks.filter(status=Status.COMPLETED), "completed_at"),
        (_("Given up"), spent.filter(is_expiry=False), "spent_at"),
        (_("Leases that ran out"), spent.filter(is_expiry=True), "spent_at"),
    ]
    return [
        (title, [counted(found.filter(**{f"{column}__gte": now - span})) for span in SPANS])
        for title, found, column in rows
    ]


def attempts(project: Project, user: User) -> QuerySet[Attempt]:
    """Those that were spent on what somebody sees, the latest first."""
    spent = Attempt.objects.filter(task__project=project).select_related("task", "performer").order_by("-spent_at")
    if project.shows_all_to(user):
        return spent
    return spent.filter(Q(task__owner=user) | Q(task__performer=user))
