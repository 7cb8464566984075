"""The cumulative flow as SVG: a layer for each status, on top of each other, over the days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from djirgo.reports.standing import Day
from djirgo.tasks.models import Status
from djirgo.web.reports.plot import BOTTOM, HEIGHT, LEFT, MOST_WORDS, NUMBERS, TOP, WIDTH, Line, foot, full, step_for

#: From the bottom up: what is done grows below, and how thick a layer is, is how many there were of it.
STATUSES: Mapping[Status, str | Promise] = {
    Status.COMPLETED: pgettext_lazy("column", "Completed"),
    Status.CANCELLED: pgettext_lazy("column", "Cancelled"),
    Status.FAILED: pgettext_lazy("column", "Failed"),
    Status.IN_PROGRESS: pgettext_lazy("column", "In progress"),
    Status.NEW: pgettext_lazy("column", "New"),
}
#: As people read them.
DOWNWARDS = {status: STATUSES[status] for status in (*STATUSES,)[::-1]}


@dataclass(frozen=True)
class Layer:
    status: Status
    name: str | Promise
    #: Its corners: along the upper edge, and back along the lower one.
    points: str


@dataclass(frozen=True)
class Slot:
    """A day along the foot, and what it says when the pointer rests on it."""

    x: int
    middle: int
    width: int
    words: str
    foot: str


@dataclass(frozen=True)
class Layers:
    #: From the top down.
    layers: Sequence[Layer]
    slots: Sequence[Slot]
    lines: Sequence[Line]
    #: What the scale begins with: where much is done already, the rest would be a thin line on top of it.
    base: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    foot: int = HEIGHT - 7


def layers(days: Sequence[Day]) -> Layers | None:
    """Nothing, where there was nothing on any of the days."""
    edges = [list(accumulate((max(day.tasks[status], 0) for status in STATUSES), initial=0)) for day in days]
    most = max((edge[-1] for edge in edges), default=0)
    if not most:
        return None
    done = min(edge[1] for edge in edges)
    step = step_for(most - done, NUMBERS)
    base = done // step * step
    top = max(base + step, -(-most // step) * step)
    slots = _slots(days)
    heights = [[_height_of(number, base, top) for number in edge] for edge in edges]
    drawn = [
        Layer(status, name, _corners(slots, [each[place + 1] for each in heights], [each[place] for each in heights]))
        for place, (status, name) in enumerate(STATUSES.items())
        if any(day.tasks[status] > 0 for day in days)
    ]
    lines = [Line(_height_of(number, base, top), str(number)) for number in range(base, top + 1, step)]
    return Layers(drawn[::-1], slots, lines, base)


def _slots(days: Sequence[Day]) -> list[Slot]:
    room = (WIDTH - LEFT) / len(days)
    every = max(1, -(-len(days) // MOST_WORDS))
    starts = [LEFT + round(room * place) for place in range(len(days) + 1)]
    return [
        Slot(x, (x + end) // 2, end - x, _words(day), foot(day.day) if place % every == 0 else "")
        for place, (day, x, end) in enumerate(zip(days, starts, starts[1:], strict=False))
    ]


def _words(day: Day) -> str:
    said = (f"{name} {day.tasks[status]}" for status, name in DOWNWARDS.items() if day.tasks[status])
    return f"{full(day.day)}: {', '.join(said) or 0}"


def _corners(slots: Sequence[Slot], upper: Sequence[int], lower: Sequence[int]) -> str:
    there = [(LEFT, upper[0]), *((slot.middle, y) for slot, y in zip(slots, upper, strict=True)), (WIDTH, upper[-1])]
    back = [(LEFT, lower[0]), *((slot.middle, y) for slot, y in zip(slots, lower, strict=True)), (WIDTH, lower[-1])]
    return " ".join(f"{x},{y}" for x, y in [*there, *back[::-1]])


def _height_of(number: int, base: int, top: int) -> int:
    return HEIGHT - BOTTOM - round((HEIGHT - BOTTOM - TOP) * max(number - base, 0) / (top - base))
