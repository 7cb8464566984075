"""Where a card stands in its column: a word that sorts as the column does, and from which its next page is read.

The browser puts a card that has changed where its word belongs; the server begins a page beyond the word of the last
card of the one before, whatever was written in between. The indexes `task_board_*` serve it.
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
LARGEST_ID = 2**63 - 1
WORD = re.compile(rf"([0-3]?)(\d{{{DIGITS}}})(\d{{{ID_DIGITS}}})", re.ASCII)


class Order(Protocol):
    def word(self, row: Row) -> str: ...

    def page(self, tasks: TaskQuerySet, after: str, size: int) -> Sequence[Row]: ...


class MostUrgentFirst:
    """The order of the queue: priority, then due, then oldest."""

    def word(self, row: Row) -> str:
        priority, due, pk = (row[COLUMNS.index(name)] for name in ("priority", "due_order", "id"))
        return f"{max(Priority) - priority}{_number(due):0{DIGITS}}{pk:0{ID_DIGITS}}"

    def page(self, tasks: TaskQuerySet, after: str, size: int) -> Sequence[Row]:
        if not after:
            return list(tasks.most_urgent_first().rows()[:size])
        rank, due, pk = _read(after)
        priority, pk = max(Priority) - rank, min(pk, LARGEST_ID)
        # Two walks, because the priority falls where the rest grows.
        beyond = Beyond(F("due_order"), F("id"), _instant(due), Value(pk), operator=">")
        rows = list(tasks.filter(beyond, priority=priority).order_by("due_order", "id").rows()[:size])
        if len(rows) < size:
            rows += tasks.filter(priority__lt=priority).most_urgent_first().rows()[: size - len(rows)]
        return rows


@dataclass(frozen=True)
class LatestFirst:
    column: str

    def word(self, row: Row) -> str:
        at, pk = row[COLUMNS.index(self.column)], row[COLUMNS.index("id")]
        return f"{10**DIGITS - 1 - _number(at):0{DIGITS}}{10**ID_DIGITS - 1 - pk:0{ID_DIGITS}}"

    def page(self, tasks: TaskQuerySet, after: str, size: int) -> Sequence[Row]:
        if after:
            _, at, pk = _read(after)
            at, pk = 10**DIGITS - 1 - at, min(10**ID_DIGITS - 1 - pk, LARGEST_ID)
            tasks = tasks.filter(Beyond(F(self.column), F("id"), _instant(at), Value(pk), operator="<"))
        return list(tasks.order_by(f"-{self.column}", "-id").rows()[:size])


def _read(word: str) -> tuple[int, int, int]:
    """The rank, the instant and the id that a word is made of."""
    if not (read := WORD.fullmatch(word)):
        raise Http404("No card stands there.")
    return int(read[1] or 0), int(read[2]), int(read[3])


def _number(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND + SHIFT


def _instant(number: int) -> Value:
    try:
        at = EPOCH + (number - SHIFT) * MICROSECOND
    except OverflowError:
        raise Http404("No card stands there.") from None
    return Value(at, output_field=Task._meta.get_field("updated_at"))
