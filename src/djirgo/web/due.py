"""When something is due, as people say it: `today`, `fri`, `+3d`, `27.11`, `завтра@15:00`. In either language."""

import re
from datetime import datetime, time, timedelta

from django.utils.timezone import get_current_timezone, localtime

#: Due on a day is due when the day is over.
END_OF_DAY = time(23, 59)
EARLIEST, LATEST = 1900, 9998

DAYS = {
    "today": 0, "tod": 0, "tomorrow": 1, "tom": 1,
    "сегодня": 0, "завтра": 1, "послезавтра": 2,
}  # fmt: skip
WEEKDAYS = (
    ("monday", "понедельник", "пн"),
    ("tuesday", "вторник", "вт"),
    ("wednesday", "среда", "среду", "ср"),
    ("thursday", "четверг", "чт"),
    ("friday", "пятница", "пятницу", "пт"),
    ("saturday", "суббота", "субботу", "сб"),
    ("sunday", "воскресенье", "вс"),
)
MONTHS = (
    ("jan", "янв"), ("feb", "фев"), ("mar", "мар"), ("apr", "апр"), ("may", "май", "мая"), ("jun", "июн"),
    ("jul", "июл"), ("aug", "авг"), ("sep", "сен"), ("oct", "окт"), ("nov", "ноя"), ("dec", "дек"),
)  # fmt: skip
#: A unit by its first letters, and how many days it has.
UNITS = {"d": 1, "д": 1, "w": 7, "н": 7}

CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
FROM_NOW = re.compile(r"\+(\d{1,3})([dwдн])\w*")
YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})(?:\.(\d{4}))?", re.ASCII)
DAY_AND_MONTH = re.compile(r"(\d{1,2})-?([^\W\d]{3,})|([^\W\d]{3,})-?(\d{1,2})")


class NotADay(ValueError):
    """Nobody knows when that is."""


def when(words: str, *, now: datetime) -> datetime:
    """The instant that the words mean, to somebody who says them now where they are."""
    day, at_clock, clock = (
        words.strip().casefold().replace("t", "@", 1 if YEAR_FIRST.match(words) else 0).partition("@")
    )
    here = localtime(now)
    try:
        if CLOCK.fullmatch(day) and not at_clock:
            return _next(_clock(day), here)
        moment = _day(day, here).replace(tzinfo=get_current_timezone())
        at = _clock(clock) if at_clock else END_OF_DAY
        return _in_range(moment.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0))
    except (ValueError, OverflowError):
        raise NotADay(words) from None


def is_end_of_day(moment: datetime) -> bool:
    """Whether it was meant as a day, and not as an hour of it."""
    return localtime(moment).time().replace(second=0, microsecond=0) == END_OF_DAY


def _day(word: str, here: datetime) -> datetime:
    for kind in (_named, _from_now, _weekday, _year_first, _day_first, _day_and_month):
        if (day := kind(word, here)) is not None:
            return day
    raise NotADay(word)


def _named(word: str, here: datetime) -> datetime | None:
    return here + timedelta(days=DAYS[word]) if word in DAYS else None


def _from_now(word: str, here: datetime) -> datetime | None:
    said = FROM_NOW.fullmatch(word)
    return here + timedelta(days=int(said[1]) * UNITS[said[2]]) if said else None


def _weekday(word: str, here: datetime) -> datetime | None:
    """The next one; said on that very day, it is in a week."""
    for number, names in enumerate(WEEKDAYS):
        english, *others = names
        if word in others or (len(word) >= 3 and english.startswith(word)):
            return here + timedelta(days=(number - here.weekday() - 1) % 7 + 1)
    return None


def _year_first(word: str, here: datetime) -> datetime | None:
    said = YEAR_FIRST.fullmatch(word)
    return datetime(int(said[1]), int(said[2]), int(said[3]), tzinfo=here.tzinfo) if said else None


def _day_first(word: str, here: datetime) -> datetime | None:
    said = DAY_FIRST.fullmatch(word)
    return _of_year(here, int(said[2]), int(said[1]), said[3]) if said else None


def _day_and_month(word: str, here: datetime) -> datetime | None:
    said = DAY_AND_MONTH.fullmatch(word)
    if not said:
        return None
    name, day = said[2] or said[3], int(said[1] or said[4])
    month = next((number for number, starts in enumerate(MONTHS, 1) if name.startswith(starts)), None)
    return _of_year(here, month, day, None) if month else None


def _of_year(here: datetime, month: int, day: int, year: str | None) -> datetime:
    """The next such day, where no year is said."""
    if year:
        return datetime(int(year), month, day, tzinfo=here.tzinfo)
    is_over = (month, day) < (here.month, here.day)
    return datetime(here.year + is_over, month, day, tzinfo=here.tzinfo)


def _clock(words: str) -> time:
    said = CLOCK.fullmatch(words)
    if not said:
        raise NotADay(words)
    return time(int(said[1]), int(said[2]))


def _next(at: time, here: datetime) -> datetime:
    moment = here.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return moment if moment > here else moment + timedelta(days=1)


def _in_range(moment: datetime) -> datetime:
    if not EARLIEST <= moment.year <= LATEST:
        raise NotADay(moment)
    return moment
