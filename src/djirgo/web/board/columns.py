"""The columns of a board: one for each status, and what each shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from djirgo.tasks.models import Status
from djirgo.tasks.models.queryset import TaskQuerySet
from djirgo.web.board.places import LatestFirst, MostUrgentFirst, NewestFirst, Order, page
from djirgo.web.cards import Card, card

PAGE = 30
#: What is not counted further: where a filter or a private view leaves no number that is kept.
CAP = 1000


@dataclass(frozen=True)
class Column:
    status: Status
    title: str | Promise
    icon: str
    order: Order
    #: What an empty one says.
    nothing: str | Promise
    #: Whether it is there when it is empty and nobody has asked for it.
    is_always_there: bool = True


COLUMNS: Sequence[Column] = (
    Column(
        Status.NEW,
        pgettext_lazy("column", "New"),
        "circle-dashed",
        MostUrgentFirst(),
        _("Nothing waits."),
    ),
    Column(
        Status.IN_PROGRESS,
        pgettext_lazy("column", "In progress"),
        "circle-dot",
        MostUrgentFirst(),
        _("Nobody is working on anything."),
    ),
    Column(
        Status.COMPLETED,
        pgettext_lazy("column", "Completed"),
        "circle-check",
        LatestFirst("completed_at"),
        _("Nothing is finished yet."),
    ),
    Column(
        Status.FAILED,
        _("Needs attention"),
        "triangle-alert",
        NewestFirst(),
        _("Nothing has failed."),
        is_always_there=False,
    ),
    Column(
        Status.CANCELLED,
        pgettext_lazy("column", "Cancelled"),
        "circle-slash",
        NewestFirst(),
        _("Nothing was cancelled."),
        is_always_there=False,
    ),
)
BY_STATUS = {column.status.value: column for column in COLUMNS}
#: A cancelled task is out of the way, unless somebody asks for it.
WITHOUT_ASKING = tuple(column for column in COLUMNS if column.status != Status.CANCELLED)


@dataclass(frozen=True)
class Filled:
    """A column with the cards of one page."""

    column: Column
    cards: Sequence[Card]
    #: The place of the last card, where more come behind it.
    after: str
    count: str

    @property
    def is_shown(self) -> bool:
        return bool(self.cards) or self.column.is_always_there


def fill(column: Column, tasks: TaskQuerySet, *, now: datetime, after: str = "", kept: int | None = None) -> Filled:
    """A page of the column. `kept` is how many there are, where that is known."""
    found = tasks.filter(status=column.status)
    rows = page(column.order, found, after, PAGE + 1)
    shown = list(placed(column, rows[:PAGE], now=now))
    has_more = len(rows) > PAGE
    return Filled(column, shown, shown[-1]["place"] if has_more else "", _count(found, len(shown), has_more, kept))


def placed(column: Column, rows: Sequence[tuple[object, ...]], *, now: datetime) -> Iterator[Card]:
    for row in rows:
        yield card(row, now=now) | {"place": column.order.word(row)}


def _count(found: TaskQuerySet, shown: int, has_more: bool, kept: int | None) -> str:
    """Exact where all of them are shown, and where the number is kept; else counted as far as a person looks."""
    if not has_more:
        return str(shown)
    if kept is not None:
        return str(max(kept, shown + 1))
    number = found.order_by()[: CAP + 1].count()
    return f"{CAP}+" if number > CAP else str(number)
