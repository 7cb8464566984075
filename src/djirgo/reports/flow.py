"""How work flows: how long tasks wait, are worked on and take in all, how many get done, and how many come back.

It is about the tasks that were completed in the period and still are. A task that was completed twice counts where it
was the last time.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, Q

from djirgo.accounts.models import User
from djirgo.reports.dialect import looked_up, places
from djirgo.reports.period import Part, Period
from djirgo.reports.sight import Sight
from djirgo.tasks.models import Attempt
from djirgo.tasks.models.work import Microseconds

#: What is measured of a task, in microseconds.
MEASURES = ("waiting", "work", "cycle")
#: As fractions in whole numbers, so that nothing is rounded.
MEDIAN, P90 = (1, 2), (9, 10)

STATEMENT = """
    WITH part (number, starts, ends) AS (VALUES {parts}),
    done AS ({done}),
    measured AS (
        SELECT 'waiting' AS measure, started - created AS value FROM done
        UNION ALL SELECT 'work', worked FROM done
        UNION ALL SELECT 'cycle', completed - started FROM done
    ),
    ranked AS (
        SELECT measure, value,
            ROW_NUMBER() OVER (PARTITION BY measure ORDER BY value) - 1 AS place,
            COUNT(*) OVER (PARTITION BY measure) AS number
        FROM measured
    )
    SELECT measure, place, value, number FROM ranked WHERE {asked}
    UNION ALL
    SELECT 'done', day, COUNT(*), 0 FROM done GROUP BY day
"""
#: The status stands in the text, because the index holds only what is completed.
DONE = """
    SELECT part.number AS day, {created} AS created, {started} AS started, {completed} AS completed,
        task.worked_microseconds AS worked
    FROM part {looked_up}
"""
WHICH = "task.status = 'Completed' AND {seen} AND task.completed_at >= part.starts AND task.completed_at < part.ends"


class Times(NamedTuple):
    """How a measure is spread over the tasks, in microseconds; null where there are none."""

    number: int
    median: int | None
    p90: int | None


class Flow(NamedTuple):
    waiting: Times
    work: Times
    cycle: Times
    #: How many were completed on each day.
    throughput: list[tuple[date, int]]
    expiries: int
    retries: int


def flow(period: Period, *, by: User, project: int | None = None) -> Flow:
    """The flow of all that whoever asks may see."""
    sight = Sight.of(by) if project is None else Sight.of(by).of_project(project)
    days = period.days()
    found = _ask(days, list(_ways(sight, by)))
    ranked = {name: [row[1:] for row in found if row[0] == name] for name in (*MEASURES, "done")}
    done = {day: number for day, number, _ in ranked["done"]}
    waiting, work, cycle = (_times(ranked[name]) for name in MEASURES)
    throughput = [(part.day, done.get(number, 0)) for number, part in enumerate(days) if part.day]
    return Flow(waiting, work, cycle, throughput, *_came_back(period, sight, by))


def statement(days: Sequence[Part], ways: Sequence[tuple[str, list[Any]]]) -> tuple[str, list[Any]]:
    instants = {name: Microseconds.sql(f"task.{name}_at") for name in ("created", "started", "completed")}
    text = STATEMENT.format(
        parts=", ".join(f"({number}, %s, %s)" for number in range(len(days))),
        done=" UNION ALL ".join(
            DONE.format(looked_up=looked_up("tasks_task", "task", WHICH.format(seen=seen)), **instants)
            for seen, _ in ways
        ),
        asked=" OR ".join(f"place - (number - 1) * {part} / {of} IN (0, 1)" for part, of in (MEDIAN, P90)),
    )
    stored = connection.ops.adapt_datetimefield_value
    said = [stored(instant) for part in days for instant in (part.starts, part.ends)]
    return text, said + [word for _, its in ways for word in its]


def _ask(days: Sequence[Part], ways: Sequence[tuple[str, list[Any]]]) -> list[tuple[str, int, int, int]]:
    if not ways:
        return []
    with connection.cursor() as cursor:
        cursor.execute(*statement(days, ways))
        found: list[tuple[str, int, int, int]] = cursor.fetchall()
    return found


def _ways(sight: Sight, by: User) -> Iterator[tuple[str, list[Any]]]:
    if sight.whole is None:
        yield "task.project_id IN (SELECT id FROM tasks_project)", []
    elif sight.whole:
        yield f"task.project_id IN ({places(sight.whole)})", [*sight.whole]
    if sight.own:
        yield (
            f"task.project_id IN ({places(sight.own)}) AND %s IN (task.owner_id, task.performer_id)",
            [*sight.own, by.pk],
        )


def _times(ranked: Sequence[tuple[int, int, int]]) -> Times:
    values = {place: value for place, value, _ in ranked}
    if not values:
        return Times(0, None, None)
    number = ranked[0][2]
    return Times(number, _quantile(values, number, MEDIAN), _quantile(values, number, P90))


def _quantile(values: dict[int, int], number: int, fraction: tuple[int, int]) -> int:
    """Between the two values that the fraction falls between, as much nearer to one as it is."""
    place, rest = divmod((number - 1) * fraction[0], fraction[1])
    low = int(values[place])
    return low + (int(values[place + 1]) - low) * rest // fraction[1] if rest else low


def _came_back(period: Period, sight: Sight, by: User) -> tuple[int, int]:
    """How many leases ran out, and how many tasks came back to be tried again."""
    seen = Q() if sight.whole is None else Q(task__project__in=sight.whole)
    if sight.own:
        seen |= Q(task__project__in=sight.own) & (Q(task__owner=by) | Q(task__performer=by))
    spent = Attempt.objects.filter(seen, spent_at__gte=period.starts, spent_at__lt=period.ends)
    found = spent.aggregate(
        expiries=Count("pk", filter=Q(is_expiry=True)), retries=Count("pk", filter=Q(comes_back=True))
    )
    return found["expiries"], found["retries"]
