"""A row for each of what a report is grouped by, with a bar as long as it is much."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from djirgo.reports.worked import Report, Row

#: As many rows are shown; what is behind them is added up, and is in the file.
MOST = 30
LONGEST = 100


@dataclass(frozen=True)
class Bar:
    name: Any
    seconds: int
    tasks: int
    #: In hundredths of the longest.
    length: int
    is_rest: bool = False


def bars(report: Report, *, name: int = 0) -> Sequence[Bar]:
    """The most first. `name` is the place of the column that people know it by."""
    rows = sorted(report.rows, key=lambda row: -row.sum.microseconds)
    most = max((row.sum.microseconds for row in rows), default=0) or 1
    shown = [_bar(row.key[name], [row], most) for row in rows[:MOST]]
    rest = rows[MOST:]
    return [*shown, _bar(_("%(number)d others") % {"number": len(rest)}, rest, most, is_rest=True)] if rest else shown


def _bar(name: Any, rows: Sequence[Row], most: int, *, is_rest: bool = False) -> Bar:
    worked = sum(row.sum.microseconds for row in rows)
    length = min(LONGEST, max(1, LONGEST * worked // most)) if worked else 0
    return Bar(name, worked // 1_000_000, sum(row.sum.tasks for row in rows), length, is_rest)
