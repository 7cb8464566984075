"""What the address narrows a board to: the filters of the API, under their names, so that a link shows the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from djirgo.tasks.api.filters import TaskFilter
from djirgo.tasks.models import Priority
from djirgo.tasks.models.queryset import TaskQuerySet

#: What a board understands. The project is in the path, and the order is that of the columns.
NAMES = tuple(name for name in TaskFilter.base_filters if name != "project")

WORDS: Mapping[str, Any] = {
    "task_status": _("Status"),
    "owner": _("Put in by"),
    "performer": _("Performer"),
    "label": _("Label"),
    "priority": _("Priority"),
    "ready": _("Ready"),
    "due_before": _("Due before"),
    "due_after": _("Due after"),
    "updated_since": _("Changed since"),
    "search": _("Search"),
}
PRIORITIES = {
    Priority.URGENT.word: _("Urgent"),
    Priority.HIGH.word: _("High"),
    Priority.NORMAL.word: _("Normal"),
    Priority.LOW.word: _("Low"),
}


@dataclass(frozen=True)
class Chip:
    """A filter that is on, and the address without it."""

    name: str
    title: Any
    value: str
    without: str


@dataclass(frozen=True)
class Narrowed:
    tasks: TaskQuerySet
    asked: Mapping[str, str]
    errors: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_narrow(self) -> bool:
        return bool(self.asked)

    @property
    def query(self) -> str:
        """The filters as they stand behind the `?` of an address."""
        return _query(self.asked)

    @property
    def chips(self) -> list[Chip]:
        return [
            Chip(name, WORDS[name], shown(name, value), _query(self.asked, without=name))
            for name, value in self.asked.items()
        ]


def narrow(tasks: TaskQuerySet, request: HttpRequest) -> Narrowed:
    """The tasks that the address asks for. What it says in a way that nobody understands is told, and finds nothing."""
    asked = {name: value for name in NAMES if (value := request.GET.get(name, "").strip())}
    found = TaskFilter(asked, queryset=tasks, request=request)
    if found.is_valid():
        return Narrowed(found.qs, asked)
    return Narrowed(tasks.none(), asked, found.errors)


def shown(name: str, value: str) -> str:
    if name == "priority":
        return str(PRIORITIES.get(value, value))
    if name in ("performer", "owner") and value in ("me", "none"):
        return str(_("me") if value == "me" else _("nobody"))
    return value


def _query(asked: Mapping[str, str], *, without: str = "") -> str:
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in asked.items() if name != without})
    return query.urlencode()
