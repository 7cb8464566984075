"""The reports as tables for spreadsheets: what stands on the page, in full."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from djirgo.accounts.models import User
from djirgo.reports.api.renderers import Table
from djirgo.reports.flow import Flow, Times, flow
from djirgo.reports.period import Period
from djirgo.reports.standing import Day, standing
from djirgo.reports.worked import Question, Report, worked
from djirgo.tasks.models import Project, Status
from djirgo.web.reports.week import week


@dataclass(frozen=True)
class Inquiry:
    """Who asks, about what, and when."""

    by: User
    project: Project
    period: Period
    now: datetime

    def time(self, group: str) -> Report:
        """By project it is about all those that one sees, so that they can be held against each other."""
        project = None if group == "project" else self.project.pk
        return worked(Question(self.by, self.period, [group], project=project), now=self.now)

    def flow(self) -> Flow:
        return flow(self.period, by=self.by, project=self.project.pk)

    @property
    def sees_all(self) -> bool:
        return self.project.shows_all_to(self.by)

    def standing(self) -> Sequence[Day]:
        """Nothing for those who see only their own."""
        return standing(self.period, self.project, now=self.now) if self.sees_all else []


def _time(group: str) -> Callable[[Inquiry], Table]:
    def table(inquiry: Inquiry) -> Table:
        report = inquiry.time(group)
        rows = [
            dict(zip(report.columns, row.key, strict=True))
            | {"seconds": row.sum.microseconds // 1_000_000, "tasks": row.sum.tasks}
            for row in report.rows
        ]
        return Table([*report.columns, "seconds", "tasks"], rows)

    return table


def _cycle(inquiry: Inquiry) -> Table:
    found = inquiry.flow()
    measures: Mapping[str, Times] = {"waiting": found.waiting, "work": found.work, "cycle": found.cycle}
    rows = [
        {"measure": name, "tasks": of.number, "median_seconds": _seconds(of.median), "p90_seconds": _seconds(of.p90)}
        for name, of in measures.items()
    ]
    return Table(["measure", "tasks", "median_seconds", "p90_seconds"], rows)


def _completed(inquiry: Inquiry) -> Table:
    rows = [{"day": day, "completed": number} for day, number in inquiry.flow().throughput]
    return Table(["day", "completed"], rows)


def _standing(inquiry: Inquiry) -> Table:
    columns = {status.value: status.value.lower() for status in Status}
    rows = [
        {"day": day.day} | {column: day.tasks[status] for status, column in columns.items()}
        for day in inquiry.standing()
    ]
    return Table(["day", *columns.values()], rows)


def _week(inquiry: Inquiry) -> Table:
    days = week(inquiry.project, by=inquiry.by, now=inquiry.now)
    rows: list[dict[str, Any]] = [
        {"day": day.day, "came_in": day.came, "completed": day.done, "left": day.left} for day in days
    ]
    return Table(["day", "came_in", "completed", "left"], rows)


def _seconds(microseconds: int | None) -> int | None:
    return None if microseconds is None else microseconds // 1_000_000


TABLES: Mapping[str, Callable[[Inquiry], Table]] = {
    "performer": _time("performer"),
    "project": _time("project"),
    "label": _time("label"),
    "day": _time("day"),
    "cycle": _cycle,
    "completed": _completed,
    "standing": _standing,
    "week": _week,
}
