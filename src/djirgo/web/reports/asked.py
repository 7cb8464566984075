"""Which days a report is asked about: whole days, in the time zone of whoever asks, the last one included."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from djirgo.reports.period import MOST_DAYS, Period, midnight
from djirgo.web.due import EARLIEST, LATEST

AS_A_RULE = 30
SPANS = {7: _("7 days"), 30: _("30 days"), 90: _("90 days")}


@dataclass(frozen=True)
class Asked:
    first: date
    last: date
    #: What was not understood; then it is about the days that it is about as a rule.
    error: str | Promise = ""

    @property
    def period(self) -> Period:
        zone: ZoneInfo = timezone.get_current_timezone()
        return Period(midnight(self.first, zone), midnight(self.last + timedelta(days=1), zone), zone)

    @property
    def query(self) -> str:
        return f"from={self.first}&to={self.last}"

    @property
    def number(self) -> int:
        return (self.last - self.first).days + 1


class NotADay(ValueError):
    pass


def asked(request: HttpRequest, *, now: datetime) -> Asked:
    today = timezone.localdate(now)
    try:
        last = _day(request.GET.get("to"), today)
        first = _day(request.GET.get("from"), last - timedelta(days=AS_A_RULE - 1))
    except NotADay:
        return _as_a_rule(today, _("That is no day."))
    if first > last:
        return _as_a_rule(today, _("The last day comes before the first."))
    if (last - first).days >= MOST_DAYS:
        return _as_a_rule(today, _("A report is about one year at most."))
    return Asked(first, last)


def spans(chosen: Asked, *, now: datetime) -> Sequence[tuple[Any, str, bool]]:
    """What is asked for most: a name, how to ask for it, and whether it is what is shown."""
    today = timezone.localdate(now)
    offered = [(name, Asked(today - timedelta(days=days - 1), today)) for days, name in SPANS.items()]
    month = Asked(today.replace(day=1), today)
    return [(name, span.query, span == chosen) for name, span in [*offered, (_("This month"), month)]]


def _day(word: str | None, otherwise: date) -> date:
    if not word:
        return otherwise
    try:
        day = parse_date(word)
    except ValueError:
        day = None
    if day is None or not EARLIEST < day.year < LATEST:
        raise NotADay(word)
    return day


def _as_a_rule(today: date, error: str | Promise) -> Asked:
    return Asked(today - timedelta(days=AS_A_RULE - 1), today, error)
