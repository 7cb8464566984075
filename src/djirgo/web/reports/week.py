"""How a week burns down: what came in and what was done on each of the last seven days, and how much was left.

How much is left now is known. So how much was left at the end of a day is counted back from now, and what that costs is
what has happened since, and not what there is.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from djirgo.accounts.models import User
from djirgo.reports.period import Period
from djirgo.tasks.models import Project, Status, Task
from djirgo.tasks.models.count import counts
from djirgo.tasks.models.queryset import TaskQuerySet
from djirgo.web.board.columns import CAP
from djirgo.web.reports.asked import Asked

DAYS = 7
LEFT = (Status.NEW, Status.IN_PROGRESS, Status.FAILED)
#: Of what has happened in a week so much is looked at, the newest first.
MOST = 20_000


class Day(NamedTuple):
    day: date
    came: int
    done: int
    left: int


def week(project: Project, *, by: User, now: datetime) -> Sequence[Day]:
    """The last seven days, today being the last."""
    today = timezone.localdate(now)
    since = Asked(today - timedelta(days=DAYS - 1), today).period
    tasks = Task.objects.of_project(project, seen_by=by)
    came = _by_day(tasks, "created_at", since)
    done = _by_day(tasks.filter(status=Status.COMPLETED), "completed_at", since)
    gone = done + _by_day(tasks.filter(status=Status.CANCELLED), "updated_at", since)
    left = left_now(project, tasks, by)
    days = []
    for number in range(DAYS):
        day = today - timedelta(days=number)
        days.append(Day(day, came[day], done[day], max(left, 0)))
        left += gone[day] - came[day]
    return days[::-1]


def left_now(project: Project, tasks: TaskQuerySet, by: User) -> int:
    """As it is kept; counted, as far as a person looks, for those who see only their own."""
    if project.shows_all_to(by):
        kept = counts(project.pk)
        return sum(kept[status.value] for status in LEFT)
    return tasks.filter(status__in=LEFT).order_by()[:CAP].count()


def _by_day(tasks: TaskQuerySet, column: str, period: Period) -> Counter[date]:
    within = tasks.filter(**{f"{column}__gte": period.starts, f"{column}__lt": period.ends}).order_by(f"-{column}")
    return Counter(timezone.localdate(at) for at in within.values_list(column, flat=True)[:MOST])
