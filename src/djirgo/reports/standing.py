"""How the tasks of a project stood at the end of each day: how many were new, in progress, completed and so on.

How many there are now is kept, and so is what came and went in each quarter of an hour (`tasks/models/count.py`). From
these two the days are counted back, by one statement, so that both are of the same moment. It is right of tasks that
have moved to another project since, or are gone: they were there as long as they were there.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import connection

from djirgo.reports.dialect import looked_up
from djirgo.reports.period import Part, Period
from djirgo.tasks.models import Project, Status
from djirgo.tasks.models.count import quarter_of

NOW, AFTERWARDS = -1, -2

STATEMENT = """
    WITH part (number, begins, ends) AS (VALUES {parts})
    SELECT part.number, moved.status, SUM(moved.number) FROM part {looked_up} GROUP BY part.number, moved.status
    UNION ALL
    SELECT {now}, status, number FROM tasks_taskcount WHERE project = %s
"""
WHICH = "moved.project = %s AND moved.quarter >= part.begins AND moved.quarter < part.ends"


class Day(NamedTuple):
    day: date
    tasks: Mapping[str, int]


def standing(period: Period, project: Project, *, now: datetime) -> Sequence[Day]:
    """For those who see the whole project. Days that have not begun are left out."""
    days = [part for part in period.days() if part.day and part.starts <= now]
    if not days:
        return []
    with connection.cursor() as cursor:
        cursor.execute(*statement(days, project.pk))
        found = {(number, status): int(moved) for number, status, moved in cursor.fetchall()}
    left = {status.value: found.get((NOW, status), 0) - found.get((AFTERWARDS, status), 0) for status in Status}
    counted: list[Day] = []
    for number, part in reversed(list(enumerate(days))):
        counted.insert(0, Day(part.day, left))  # type: ignore[arg-type]  # of `days`, so that it has one
        left = {status: tasks - found.get((number, status), 0) for status, tasks in left.items()}
    return counted


def statement(days: Sequence[Part], project: int) -> tuple[str, list[int]]:
    """What came and went on each of the days, and what after them."""
    spans = [(number, quarter_of(part.starts), quarter_of(part.ends)) for number, part in enumerate(days)]
    after = (AFTERWARDS, spans[-1][2], 2**62)
    parts = ", ".join(str(span) for span in [*spans, after])
    text = STATEMENT.format(parts=parts, looked_up=looked_up("tasks_countchange", "moved", WHICH), now=NOW)
    return text, [project, project]
