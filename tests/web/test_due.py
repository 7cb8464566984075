"""When something is due, as people say it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from djirgo.web.due import NotADay, is_end_of_day, when

#: A Tuesday.
NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)


def said(words: str) -> str:
    return when(words, now=NOW).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("today", "2026-11-24 23:59"),
        ("Tomorrow", "2026-11-25 23:59"),
        ("сегодня", "2026-11-24 23:59"),
        ("послезавтра", "2026-11-26 23:59"),
        ("fri", "2026-11-27 23:59"),
        ("friday", "2026-11-27 23:59"),
        ("пт", "2026-11-27 23:59"),
        ("пятницу", "2026-11-27 23:59"),
        ("tue", "2026-12-01 23:59"),
        ("+3d", "2026-11-27 23:59"),
        ("+2w", "2026-12-08 23:59"),
        ("+2нед", "2026-12-08 23:59"),
        ("27.11", "2026-11-27 23:59"),
        ("1.2", "2027-02-01 23:59"),
        ("1.2.2028", "2028-02-01 23:59"),
        ("2026-11-27", "2026-11-27 23:59"),
        ("27nov", "2026-11-27 23:59"),
        ("nov27", "2026-11-27 23:59"),
        ("1-февраля", "2027-02-01 23:59"),
        ("16:00", "2026-11-24 16:00"),
        ("9:05", "2026-11-25 09:05"),
        ("fri@15:00", "2026-11-27 15:00"),
        ("завтра@8:00", "2026-11-25 08:00"),
        ("2026-11-27T15:00", "2026-11-27 15:00"),
    ],
)
def test_what_people_say_is_a_day_or_an_hour(words: str, moment: str) -> None:
    assert said(words) == moment


@pytest.mark.parametrize(
    "words",
    ["", "soon", "31.2", "0.0", "99nov", "2026-13-01", "9999-01-01", "0001-01-01", "25:00", "fri@", "fri@99:00", "+d",
     "+9999d", "٣.٤", "fr", "nov", "@", "@15:00", "x" * 5000],
)  # fmt: skip
def test_what_means_no_day_is_told(words: str) -> None:
    with pytest.raises(NotADay):
        when(words, now=NOW)


def test_a_day_is_the_day_of_whoever_says_it() -> None:
    late = datetime(2026, 11, 24, 21, 30, tzinfo=UTC)
    with timezone.override(ZoneInfo("Europe/Moscow")):
        due = when("today", now=late)
        assert due.astimezone(UTC) == datetime(2026, 11, 25, 20, 59, tzinfo=UTC)
        assert is_end_of_day(due)
    assert not is_end_of_day(due)
