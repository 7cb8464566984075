"""How much was worked: the time ledger, cut to a period and added up, by one statement for both databases.

    part     the period, or its days        reach  how far back something may have begun that reaches into a part
      └──────────────┬────────────────────────┘
                     ▼  a walk over an index of the ledger for each pair, in each project that may be seen
                    cut       what of each interval lies in the part, in whole microseconds
                     ▼
                   added      how much was worked on each task in each group
                     ├──▶ grouped    the rows, under the names that people know
                     └──▶ the total  nothing twice, also where a task with two labels is in two rows

Everything is a whole number, so that the sums are exact.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from djirgo.accounts.models import User
from djirgo.errors import Invalid
from djirgo.reports.dialect import greatest, least, looked_up, places
from djirgo.reports.period import Part, Period
from djirgo.reports.sight import Sight
from djirgo.tasks.models.span import since_epoch
from djirgo.tasks.models.work import REACHES

MOST_ROWS = 10_000


class ReportTooLarge(Invalid):
    code = "report_too_large"


class Group(NamedTuple):
    """Something to group by: its columns in the answer, its column here, and how people know it."""

    columns: tuple[str, ...]
    key: str
    shown: str
    #: Where to look up what people call it.
    names: str = ""


LABEL = "label"
GROUPS = {
    "performer": Group(
        ("performer",),
        "performer",
        "person.username",
        names="JOIN accounts_user person ON person.id = grouped.performer",
    ),
    "project": Group(
        ("project", "project_name"),
        "project",
        "grouped.project, place.name",
        names="JOIN tasks_project place ON place.id = grouped.project",
    ),
    "label": Group((LABEL,), LABEL, "grouped.label"),
    "day": Group(("day",), "day", "grouped.day"),
}

STATEMENT = """
    WITH part (number, begins, ends) AS (VALUES {parts}),
    reach (kind, longest) AS (VALUES {reaches}),
    cut AS ({cut}),
    added AS (SELECT {added}, SUM(worked) AS worked FROM cut GROUP BY {added}),
    grouped AS (SELECT {keys}, SUM(worked) AS worked, COUNT(*) AS tasks FROM added {labels} GROUP BY {keys})
    SELECT 0 AS is_row, SUM(worked), COUNT(DISTINCT task), {nothing} FROM added
    UNION ALL
    SELECT 1, worked, tasks, {shown} FROM grouped {names}
    ORDER BY is_row LIMIT {limit}
"""
CUT = """
    SELECT part.number AS day, work.performer_id AS performer, work.project_id AS project, work.task_id AS task,
        {least}(COALESCE(work.ends, {now}), part.ends) - {greatest}(work.begins, part.begins) AS worked
    FROM part CROSS JOIN reach {looked_up}
"""
WHICH = """
    {seen} AND work.reach = reach.kind AND work.begins > part.begins - reach.longest AND work.begins < part.ends
        AND COALESCE(work.ends, {now}) > part.begins AND COALESCE(work.ends, {now}) > work.begins
"""
LABELS = "LEFT JOIN (SELECT task_id, name AS label FROM tasks_label) carried ON carried.task_id = added.task"
LABELLED = " AND EXISTS (SELECT 1 FROM tasks_label its WHERE its.task_id = work.task_id AND its.name = %s)"


class Sum(NamedTuple):
    microseconds: int
    tasks: int


class Row(NamedTuple):
    #: The value of each column of the report.
    key: tuple[Any, ...]
    sum: Sum


class Report(NamedTuple):
    columns: tuple[str, ...]
    rows: list[Row]
    total: Sum


@dataclass(frozen=True)
class Question:
    by: User
    period: Period
    #: Names from `GROUPS`.
    group_by: Sequence[str]
    #: Ids; None is everybody, and everything.
    performer: int | None = None
    project: int | None = None
    label: str | None = None


def worked(question: Question, *, now: datetime) -> Report:
    """The answer, from what whoever asks may see. What is running counts until now."""
    columns = tuple(column for name in question.group_by for column in GROUPS[name].columns)
    parts = question.period.days() if "day" in question.group_by else question.period.whole()
    ways = list(_ways(question))
    if not ways:
        return Report(columns, [], Sum(0, 0))
    with connection.cursor() as cursor:
        cursor.execute(*statement(question, parts, ways, now=now))
        (total, *rows) = cursor.fetchall()
    if len(rows) > MOST_ROWS:
        raise ReportTooLarge(f"The report would have more than {MOST_ROWS:,} rows. Ask for less.", field="group_by")
    shown = [Row(_key(columns, key, parts), Sum(int(worked), tasks)) for _, worked, tasks, *key in rows]
    return Report(columns, sorted(shown, key=_place), Sum(int(total[1] or 0), total[2]))


def statement(
    question: Question, parts: Sequence[Part], ways: Sequence[tuple[str, list[Any]]], *, now: datetime
) -> tuple[str, list[Any]]:
    """The statement, and what is said to it. Only our own words and numbers stand in its text."""
    groups = [GROUPS[name] for name in question.group_by]
    labelled = LABELLED if question.label is not None else ""
    text = STATEMENT.format(
        parts=", ".join(f"({n}, {since_epoch(part.starts)}, {since_epoch(part.ends)})" for n, part in enumerate(parts)),
        reaches=", ".join(f"({kind}, {longest})" for kind, longest in enumerate(REACHES)),
        cut=" UNION ALL ".join(_cut(seen, labelled, since_epoch(now)) for seen, _ in ways),
        added=", ".join(["task", *(group.key for group in groups if group.key != LABEL)]),
        keys=", ".join(group.key for group in groups),
        labels=LABELS if LABEL in question.group_by else "",
        nothing=", ".join("NULL" for group in groups for _ in group.columns),
        shown=", ".join(group.shown for group in groups),
        names=" ".join(group.names for group in groups),
        limit=MOST_ROWS + 2,
    )
    said = [word for _, its in ways for word in (*its, *([question.label] if labelled else ()))]
    return text, said


def _cut(seen: str, labelled: str, now: int) -> str:
    which = WHICH.format(seen=seen, now=now) + labelled
    work = looked_up("tasks_workinterval", "work", which)
    return CUT.format(now=now, looked_up=work, least=least(), greatest=greatest())


def _ways(question: Question) -> Iterator[tuple[str, list[Any]]]:
    """The ways to what may be seen: conditions, each of which leads into one of the two indexes of the ledger."""
    by, performer = question.by, question.performer
    sight = Sight.of(by) if question.project is None else Sight.of(by).of_project(question.project)
    if performer is not None:
        seen = None if sight.whole is None else [*sight.whole, *(sight.own if performer == by.pk else ())]
        yield from _of_performer(performer, seen)
        return
    if sight.whole is None:
        yield "work.project_id IN (SELECT id FROM tasks_project)", []
    elif sight.whole:
        yield f"work.project_id IN ({places(sight.whole)})", [*sight.whole]
    yield from _of_performer(by.pk, sight.own)


def _of_performer(performer: int, projects: Sequence[int] | None) -> Iterator[tuple[str, list[Any]]]:
    if projects is None:
        yield "work.performer_id = %s", [performer]
    elif projects:
        # The plus says that it is not by the projects that they are found.
        yield f"work.performer_id = %s AND +work.project_id IN ({places(projects)})", [performer, *projects]


def _key(columns: Sequence[str], key: Sequence[Any], parts: Sequence[Part]) -> tuple[Any, ...]:
    """A day comes as its number."""
    return tuple(parts[value].day if column == "day" else value for column, value in zip(columns, key, strict=True))


def _place(row: Row) -> tuple[tuple[bool, Any], ...]:
    """In order; what has no label comes last."""
    return tuple((value is None, value if value is not None else 0) for value in row.key)
