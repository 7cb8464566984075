"""The time that a report is about, and the days in it, as the calendar of a place has them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from djirgo.errors import Invalid

MOST_DAYS = 366
ONE_DAY = timedelta(days=1)


class InvalidPeriod(Invalid):
    code = "invalid_period"


class Part(NamedTuple):
    """A day, or as much of it as lies in the period; or the whole period, which is no day."""

    day: date | None
    starts: datetime
    ends: datetime


@dataclass(frozen=True)
class Period:
    """From an instant, which belongs to it, to another, which does not."""

    starts: datetime
    ends: datetime
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if self.ends <= self.starts:
            raise InvalidPeriod("A period ends after it starts.", field="to")

    def whole(self) -> list[Part]:
        return [Part(None, self.starts, self.ends)]

    def days(self) -> list[Part]:
        """Cut at every midnight of the place: one day has 23 hours and another 25."""
        if self.ends - self.starts > MOST_DAYS * ONE_DAY + ONE_DAY:
            raise _too_long()
        days = [part for part in self._days() if part.starts < part.ends]
        if len(days) > MOST_DAYS:
            raise _too_long()
        return days

    def _days(self) -> Iterator[Part]:
        # From the day before, in case the clocks were put forward over midnight.
        day = self.starts.astimezone(self.zone).date() - ONE_DAY
        starts = self.starts
        while starts < self.ends:
            ends = min(max(midnight(day + ONE_DAY, self.zone), starts), self.ends)
            yield Part(day, starts, ends)
            day, starts = day + ONE_DAY, ends


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins. Where the clocks show midnight twice, the first; where they skip it, when they do."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


@cache
def zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def _too_long() -> InvalidPeriod:
    return InvalidPeriod(f"A report by day is about {MOST_DAYS} days at most.", field="to")
