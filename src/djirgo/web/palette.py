"""The command palette: tasks by number or by words, projects, and what else one can do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from djirgo.accounts.models import User
from djirgo.tasks.models import Project, Task
from djirgo.web.addresses import board_address
from djirgo.web.cards import title_of
from djirgo.web.page import LARGEST_ID, Page

MOST = 8
LONGEST_QUERY = 200


@dataclass(frozen=True)
class Found:
    """One line: somewhere to go, or something that static/web/commands.js does."""

    title: str | Promise
    icon: str
    address: str = ""
    command: str = ""
    key: str = ""
    number: int | None = None


COMMANDS: Sequence[Found] = (
    Found(_("New task"), "plus", command="new", key="n"),
    Found(_("Next task for me"), "zap", command="next", key="t"),
    Found(_("My tasks on this board"), "user", command="mine", key="m"),
    Found(_("Search this board"), "search", command="search", key="/"),
    Found(_("Light or dark"), "sun-moon", command="theme"),
    Found(_("Keyboard shortcuts"), "keyboard", command="keys", key="?"),
    Found(_("My work"), "circle-user", address="/mine/"),
    Found(_("Bots and tokens"), "bot", address="/mine/access/"),
    Found(_("New project"), "folder-plus", address="/projects/new/"),
    Found(_("Change password"), "key-round", address="/password/"),
    Found(_("API documentation"), "book-open", address="/api/docs/"),
    Found(_("Log out"), "log-out", command="log-out"),
)


class Palette(Page):
    def get(self, request: Any) -> HttpResponse:
        query = " ".join(request.GET.get("q", "").replace("\0", " ").split())[:LONGEST_QUERY]
        return self.show("web/palette_results.html", {"found": list(find(query, request.user)), "query": query})


def find(query: str, user: User) -> Iterator[Found]:
    yield from _tasks(query, user)
    yield from (command for command in COMMANDS if query.casefold() in str(command.title).casefold())
    matching = [project for project in _projects(user) if query.casefold() in project.name.casefold()]
    yield from (Found(project.name, "folder", board_address(project)) for project in matching[:MOST])


def _tasks(query: str, user: User) -> Iterator[Found]:
    seen = Task.objects.visible_to(user)
    number = query.lstrip("#")
    if number.isascii() and number.isdigit():
        tasks = seen.filter(pk=min(int(number), LARGEST_ID))
    elif query:
        tasks = seen.matching(query).order_by("-id")
    else:
        tasks = seen.none()
    for pk, text in tasks.values_list("pk", "text")[:MOST]:
        yield Found(title_of(text), "square-kanban", reverse("task", args=[pk]), number=pk)


def _projects(user: User) -> Sequence[Project]:
    return list(Project.objects.visible_to(user).order_by("id")[:1000])
