"""What stands around every page: where one can go, and how it looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from djirgo.tasks.models import Project
from djirgo.web.addresses import board_address

THEME_COOKIE = "theme"
#: The project whose board was looked at last.
PROJECT_COOKIE = "project"
THEMES = {"light": _("Light"), "dark": _("Dark"), "auto": _("As the system")}
#: More projects than that are found by name, in the palette.
MOST_PROJECTS = 100


@dataclass(frozen=True)
class Section:
    """A page that every project has."""

    name: str
    title: str | Promise
    icon: str

    def address(self, project: Project) -> str:
        return board_address(project) if self.name == "board" else reverse(self.name, args=[project.pk])


SECTIONS: Sequence[Section] = (
    Section("board", _("Board"), "square-kanban"),
    Section("team", _("Team"), "users"),
    Section("queue", _("Queue"), "list-ordered"),
    Section("reports", _("Reports"), "chart-column"),
    Section("settings", _("Settings"), "settings"),
)


@dataclass(frozen=True)
class Place:
    title: str | Promise
    icon: str
    address: str
    is_here: bool


class Shell:
    """Asked for by the templates of the board alone, and only for what they show."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @property
    def theme(self) -> str:
        chosen = self.request.COOKIES.get(THEME_COOKIE, "auto")
        return chosen if chosen in THEMES else "auto"

    @property
    def themes(self) -> dict[str, str | Promise]:
        return THEMES  # type: ignore[return-value]

    @property
    def languages(self) -> list[tuple[str, str]]:
        return settings.LANGUAGES

    @property
    def registration_is_open(self) -> bool:
        return settings.REGISTRATION == "open"

    @cached_property
    def projects(self) -> list[Project]:
        return list(Project.objects.visible_to(self.request.user).order_by("id")[:MOST_PROJECTS])

    @cached_property
    def project(self) -> Project | None:
        """The one that the page is about; else the one whose board was looked at last, or the first."""
        by_number = {str(project.pk): project for project in self.projects}
        about, last = getattr(self.request, "about", None), self.request.COOKIES.get(PROJECT_COOKIE, "")
        return by_number.get(str(about)) or by_number.get(last) or next(iter(self.projects), None)

    @property
    def mine(self) -> Place:
        address = reverse("mine")
        return Place(_("My work"), "circle-user", address, is_here=self.request.path.startswith(address))

    def sections(self) -> list[Place]:
        return [
            Place(section.title, section.icon, address, is_here=self.request.path == address)
            for section in SECTIONS
            if self.project
            for address in [section.address(self.project)]
        ]


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context processor."""
    return {"shell": Shell(request)}
