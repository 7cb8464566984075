"""Where a card stands in its column: a word that sorts as the column does, and from which its next page is read.

The browser puts a card that has changed where its word belongs; the server begins a page beyond the word of the last
card of the one before, whatever was written in between. Each order has its index: `task_board_*`, and that of the ids.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from django.db.models import F, Value
from django.http import Http404

from djirgo.rest.pages import Beyond
from djirgo.tasks.models import Priority, Task
from djirgo.tasks.models.queryset import TaskQuerySet
from djirgo.tasks.representation import COLUMNS, Row

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
#: Makes every instant that can be kept a positive number of 18 digits.
SHIFT, DIGITS = 10**16, 18
ID_DIGITS = 19
LAST, LAST_ID = 10**DIGITS - 1, 10**ID_DIGITS - 1
LARGEST_ID = 2**63 - 1


class Order(Protocol):
    def word(self, row: Row) -> str:
        """Where the task of the row stands."""

    def walks(self, tasks: TaskQuerySet, after: str) -> Sequence[TaskQuerySet]:
        """The tasks behind a place, or all of them: each is one walk over an index, and they follow each other."""


class MostUrgentFirst:
    """The order of the queue: priority, then due, then oldest."""

    def word(self, row: Row) -> str:
        priority, due, pk = (row[COLUMNS.index(name)] for name in ("priority", "due_order", "id"))
        return f"{max(Priority) - priority}{_number(due):0{DIGITS}}{pk:0{ID_DIGITS}}"

    def walks(self, tasks: TaskQuerySet, after: str) -> Sequence[TaskQuerySet]:
        if not after:
            return [tasks.most_urgent_first()]
        rank, due, pk = _read(after, 1, DIGITS, ID_DIGITS)
        priority = max(Priority) - rank
        beyond = Beyond(F("due_order"), F("id"), _instant(due), Value(min(pk, LARGEST_ID)), operator=">")
        # Two, because the priority falls where the rest grows.
        as_urgent = tasks.filter(beyond, priority=priority).order_by("due_order", "id")
        return [as_urgent, tasks.filter(priority__lt=priority).most_urgent_first()]


@dataclass(frozen=True)
class LatestFirst:
    column: str

    def word(self, row: Row) -> str:
        at, pk = row[COLUMNS.index(self.column)], row[COLUMNS.index("id")]
        return f"{LAST - _number(at):0{DIGITS}}{LAST_ID - pk:0{ID_DIGITS}}"

    def walks(self, tasks: TaskQuerySet, after: str) -> Sequence[TaskQuerySet]:
        if after:
            at, pk = _read(after, DIGITS, ID_DIGITS)
            at, pk = LAST - at, min(LAST_ID - pk, LARGEST_ID)
            tasks = tasks.filter(Beyond(F(self.column), F("id"), _instant(at), Value(pk), operator="<"))
        return [tasks.order_by(f"-{self.column}", "-id")]


class NewestFirst:
    """By the id alone."""

    def word(self, row: Row) -> str:
        return f"{LAST_ID - row[COLUMNS.index('id')]:0{ID_DIGITS}}"

    def walks(self, tasks: TaskQuerySet, after: str) -> Sequence[TaskQuerySet]:
        if after:
            tasks = tasks.filter(pk__lt=min(LAST_ID - _read(after, ID_DIGITS)[0], LARGEST_ID))
        return [tasks.order_by("-id")]


def page(order: Order, tasks: TaskQuerySet, after: str, size: int) -> list[Row]:
    rows: list[Row] = []
    for walk in order.walks(tasks, after):
        if len(rows) < size:
            rows += walk.rows()[: size - len(rows)]
    return rows


def _read(word: str, *digits: int) -> list[int]:
    """The numbers that a word is made of, by how many digits each has."""
    pattern = "".join(rf"(\d{{{number}}})" for number in digits)
    if not (read := re.fullmatch(pattern, word, re.ASCII)):
        raise Http404("No card stands there.")
    return [int(number) for number in read.groups()]


def _number(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND + SHIFT


def _instant(number: int) -> Value:
    try:
        at = EPOCH + (number - SHIFT) * MICROSECOND
    except OverflowError:
        raise Http404("No card stands there.") from None
    return Value(at, output_field=Task._meta.get_field("updated_at"))
