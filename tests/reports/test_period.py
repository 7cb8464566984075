"""A period and its days, as the calendars of places have them."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djirgo.reports.period import MOST_DAYS, InvalidPeriod, Period, midnight, zone_names
from tests.reports.conftest import instant


def days_of(starts: str, ends: str, zone: str) -> list[tuple[str, float]]:
    """The days with their hours."""
    period = Period(instant(starts), instant(ends), ZoneInfo(zone))
    return [(str(part.day), (part.ends - part.starts) / timedelta(hours=1)) for part in period.days()]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Africa/Cairo", "2026-04-24", 23),  # there is no midnight
        ("America/Havana", "2026-11-01", 25),  # midnight comes twice
        ("UTC", "2026-03-29", 24),
    ],
)
def test_a_day_has_the_hours_that_its_place_gives_it(zone: str, day: str, hours: float) -> None:
    place = ZoneInfo(zone)
    starts, ends = (midnight(date.fromisoformat(day) + timedelta(days=number), place) for number in (0, 1))
    assert days_of(starts.isoformat(), ends.isoformat(), zone) == [(day, hours)]


def test_the_first_and_the_last_day_are_as_much_of_them_as_lies_in_the_period() -> None:
    assert days_of("2026-03-28T12:00+01:00", "2026-03-30T06:00+02:00", "Europe/Berlin") == [
        ("2026-03-28", 12), ("2026-03-29", 23), ("2026-03-30", 6),
    ]  # fmt: skip


def test_a_day_that_a_place_has_left_out_is_left_out() -> None:
    days = [day for day, _ in days_of("2011-12-29T10:00Z", "2011-12-31T10:00Z", "Pacific/Apia")]
    assert days == ["2011-12-29", "2011-12-31"]


def test_clocks_that_were_put_forward_over_midnight_lose_no_time() -> None:
    starts, ends = instant("1919-03-31T04:35Z"), instant("1919-04-02T00:00Z")
    days = Period(starts, ends, ZoneInfo("America/Toronto")).days()
    assert (days[0].starts, days[-1].ends) == (starts, ends)


@given(
    zone=st.sampled_from(sorted(zone_names())),
    starts=st.timedeltas(timedelta(0), timedelta(days=36500)).map(lambda it: datetime(1950, 1, 1, tzinfo=UTC) + it),
    length=st.timedeltas(timedelta(microseconds=1), timedelta(days=MOST_DAYS - 2)),
)
def test_the_days_are_the_period_without_a_gap(zone: str, starts: datetime, length: timedelta) -> None:
    period = Period(starts, starts + length, ZoneInfo(zone))
    days = period.days()
    assert (days[0].starts, days[-1].ends) == (period.starts, period.ends)
    assert all(part.starts < part.ends for part in days)
    assert all(before.ends == part.starts and before.day < part.day for before, part in pairwise(days))
    assert len(days) <= MOST_DAYS


def test_a_period_ends_after_it_starts() -> None:
    for ends in ("2026-01-01T00:00Z", "2025-12-31T00:00Z"):
        with pytest.raises(InvalidPeriod):
            Period(instant("2026-01-01T00:00Z"), instant(ends), ZoneInfo("UTC"))


@pytest.mark.parametrize("ends", ["2027-01-02T00:00:00.000001Z", "2027-01-03T00:00Z", "9998-01-01T00:00Z"])
def test_there_are_only_so_many_days_in_a_report(ends: str) -> None:
    starts = instant("2026-01-01T00:00Z")
    assert len(Period(starts, instant("2027-01-02T00:00Z"), ZoneInfo("UTC")).days()) == MOST_DAYS
    with pytest.raises(InvalidPeriod):
        Period(starts, instant(ends), ZoneInfo("UTC")).days()
