"""How things look in words and signs: icons, names, instants."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from lucide.templatetags.lucide import lucide

from djirgo.events.envelope import instant as instant_words
from djirgo.tasks.models import Project, Status, WorkInterval
from djirgo.tasks.representation import clock as clock_words
from djirgo.web import addresses
from djirgo.web.cards import title_of
from djirgo.web.due import is_end_of_day
from djirgo.web.markdown import as_html
from djirgo.web.names import ROLES

register = template.Library()

HUES = 18
PRIORITY_ICONS = {"low": "arrow-down", "normal": "minus", "high": "arrow-up", "urgent": "flame"}
PRIORITY_NAMES = {
    "low": gettext_lazy("Low"),
    "normal": gettext_lazy("Normal"),
    "high": gettext_lazy("High"),
    "urgent": gettext_lazy("Urgent"),
}
STATUS_NAMES: dict[str, str | Promise] = {
    Status.NEW: gettext_lazy("New"),
    Status.IN_PROGRESS: gettext_lazy("In progress"),
    Status.COMPLETED: gettext_lazy("Completed"),
    Status.FAILED: gettext_lazy("Failed"),
    Status.CANCELLED: gettext_lazy("Cancelled"),
}


@register.simple_tag
@lru_cache
def icon(name: str, size: int = 16) -> SafeString:
    """An icon that says nothing which is not also said in words."""
    drawn = lucide(name + "", size=size, **{"class": "icon", "aria-hidden": "true"})
    return mark_safe(drawn.replace(' xmlns="http://www.w3.org/2000/svg"', ""))  # noqa: S308  drawn by the library


@register.filter
def instant(at: datetime) -> str:
    """As the API says it."""
    return str(instant_words(at))


@register.filter
def hue(word: str) -> int:
    """One of some colours, always the same for the same word."""
    return sha256(word.encode()).digest()[0] % HUES


@register.filter
def initials(username: str) -> str:
    parts = [part for part in username.replace(".", " ").replace("_", " ").replace("-", " ").split() if part]
    return "".join(part[0] for part in parts[:2]).upper() if len(parts) > 1 else username[:2].upper()


@register.filter
def priority_icon(word: str) -> str:
    return PRIORITY_ICONS[word]


@register.filter
def priority_name(word: str) -> str:
    return str(PRIORITY_NAMES.get(word, word))


@register.filter
def status_name(status: str) -> str:
    return str(STATUS_NAMES.get(status, status))


@register.filter
def due_words(due: datetime) -> str:
    """As people say it: today, tomorrow, a day of this year, a day of another; with the hour where there is one."""
    day, today = timezone.localdate(due), timezone.localdate()
    words = {0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}.get((day - today).days)
    if words is None:
        words = date_format(day, _("j M") if day.year == today.year else _("j M Y"))
    return words if is_end_of_day(due) else f"{words} {date_format(timezone.localtime(due), 'H:i')}"


@register.filter
def moment(at: datetime) -> str:
    """An instant to the minute."""
    here = timezone.localtime(at)
    this_year = here.year == timezone.localdate().year
    return date_format(here, _("j M H:i") if this_year else _("j M Y H:i"))


@register.filter
def clock(seconds: int) -> str:
    return clock_words(seconds)


@register.filter
def length_of(interval: WorkInterval) -> str:
    return clock_words(int(((interval.ended_at or timezone.now()) - interval.started_at).total_seconds()))


@register.filter
def short_clock(seconds: int) -> str:
    """Hours and minutes, for a clock that does not run."""
    span = timedelta(seconds=seconds)
    hours, minutes = divmod(span // timedelta(minutes=1), 60)
    if hours:
        return _("%(hours)dh %(minutes)02dm") % {"hours": hours, "minutes": minutes}
    return _("%(minutes)dm") % {"minutes": minutes}


@register.filter
def long_clock(seconds: int) -> str:
    """The same of what may take days."""
    hours = seconds // 3600
    if hours < 48:
        return short_clock(seconds)
    return _("%(days)dd %(hours)dh") % {"days": hours // 24, "hours": hours % 24}


@register.filter
def since(at: datetime) -> str:
    """How long ago that was."""
    return long_clock(max(0, int((timezone.now() - at).total_seconds())))


@register.filter
def day_words(day: date) -> str:
    return date_format(day, _("D j M"))


@register.filter
def markdown(text: str) -> SafeString:
    return as_html(text)


@register.filter
def board_address(project: Project) -> str:
    return addresses.board_address(project)


@register.filter
def words(text: str) -> list[str]:
    return text.split()


@register.filter
def as_json(value: Any) -> str:
    return json.dumps(value)


@register.filter
def at(mapping: Mapping[str, Any], name: str) -> Any:
    return mapping[name]


@register.filter
def get(mapping: Mapping[Any, Any], name: Any) -> Any:
    return mapping.get(name)


@register.filter
def add_number(word: str, number: object) -> str:
    return f"{word}{number}"


@register.filter
def as_list(words: object) -> Sequence[object]:
    return [words] if words else []


@register.filter
def title_line(text: str) -> str:
    return title_of(text)


@register.filter
def role_name(word: str) -> str:
    return str(ROLES[word])
