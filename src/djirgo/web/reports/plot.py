"""Plots as SVG: where each column stands, how high it is, and what is written beside it. All in whole numbers.

The browser draws nothing that is not written here, and a screen reader is told the same by a table.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from djirgo.reports.period import Period
from djirgo.reports.worked import Report
from djirgo.web.templatetags.djirgo import short_clock

WIDTH, HEIGHT = 720, 190
#: A plot of no more than a week is as wide as a phone.
SMALL, A_WEEK = 420, 7
LEFT, TOP, BOTTOM = 44, 14, 24
MOST_LINES = 4
#: A plot has about so many words along its foot.
MOST_WORDS = 12
WIDEST_COLUMN = 46

#: How far two lines may be from each other, so that people can read them off.
HOURS = [900, 1800, 3600, 7200, 14400, 28800, 57600, 86400, 172800, 432000, 864000, 1728000, 4320000]
NUMBERS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 100_000, 500_000, 1_000_000]


class Value(NamedTuple):
    """Something to draw: what stands below it, what it is in words, and how much it is."""

    foot: str
    words: str
    number: int


class Values(NamedTuple):
    values: Sequence[Value]
    steps: Sequence[int]
    #: What is written beside a line.
    shown: Callable[[int], str]


@dataclass(frozen=True)
class Column:
    x: int
    y: int
    width: int
    height: int
    words: str
    foot: str

    @property
    def middle(self) -> int:
        return self.x + self.width // 2


@dataclass(frozen=True)
class Line:
    y: int
    words: str


@dataclass(frozen=True)
class Plot:
    columns: Sequence[Column]
    lines: Sequence[Line]
    values: Sequence[Value]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    foot: int = HEIGHT - 7
    #: The corners of the line.
    path: str = ""
    #: There is nothing to be seen.
    is_empty: bool = False

    @property
    def is_small(self) -> bool:
        return self.width == SMALL


def columns(drawn: Values, *, line: Sequence[int] = ()) -> Plot:
    """A column for each value; and a line over them, which has as many corners."""
    values = drawn.values
    most = max([0, *line, *(value.number for value in values)])
    step = step_for(most, drawn.steps)
    top = step * max(1, -(-most // step))
    wide = SMALL if len(values) <= A_WEEK else WIDTH
    room = (wide - LEFT) / max(len(values), 1)
    width = max(1, min(WIDEST_COLUMN, int(room * 0.72)))
    every = max(1, -(-len(values) // MOST_WORDS))
    standing = [
        _column(value, int(LEFT + room * place + (room - width) / 2), width, top, is_named=place % every == 0)
        for place, value in enumerate(values)
    ]
    lines = [Line(_height_of(number, top), drawn.shown(number)) for number in range(0, top + 1, step)]
    path = " ".join(
        f"{column.middle},{_height_of(number, top)}" for column, number in zip(standing, line, strict=False)
    )
    return Plot(standing, lines, values, wide, path=path, is_empty=not most)


def step_for(most: int, steps: Sequence[int]) -> int:
    return next((step for step in steps if most <= step * MOST_LINES), max(1, most // MOST_LINES))


def hours(period: Period, report: Report) -> Values:
    """How much was worked on each day, from a report that is grouped by it."""
    worked = {row.key[0]: row.sum.microseconds // 1_000_000 for row in report.rows}
    days = [part.day for part in period.days() if part.day]
    values = [Value(foot(day), f"{full(day)}: {short_clock(worked.get(day, 0))}", worked.get(day, 0)) for day in days]
    return Values(values, HOURS, _hours)


def numbers(counted: Sequence[tuple[date, int]]) -> Values:
    """So many tasks on each day."""
    return Values([Value(foot(day), f"{full(day)}: {tasks(number)}", number) for day, number in counted], NUMBERS, str)


def tasks(number: int) -> str:
    return ngettext("%(number)d task", "%(number)d tasks", number) % {"number": number}


def foot(day: date) -> str:
    """As short as it can be: days stand close to each other."""
    return date_format(day, pgettext("below a plot", "j M"))


def full(day: date) -> str:
    return date_format(day, _("D j M"))


def _column(value: Value, x: int, width: int, top: int, *, is_named: bool) -> Column:
    y = _height_of(value.number, top)
    return Column(x, y, width, HEIGHT - BOTTOM - y, value.words, value.foot if is_named else "")


def _height_of(number: int, top: int) -> int:
    return HEIGHT - BOTTOM - round((HEIGHT - BOTTOM - TOP) * number / top)


def _hours(seconds: int) -> str:
    if seconds and seconds < 3600:
        return _("%(minutes)dm") % {"minutes": seconds // 60}
    return _("%(hours)dh") % {"hours": seconds // 3600}
