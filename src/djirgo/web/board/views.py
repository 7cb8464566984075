"""The board of a project: the page, its columns as one scrolls, cards that have changed, and a new task."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from djirgo.accounts.models import User
from djirgo.tasks import representation
from djirgo.tasks.claim import Wish, claim
from djirgo.tasks.clock import database_now
from djirgo.tasks.models import Project, Task
from djirgo.tasks.models.count import counts
from djirgo.tasks.models.project import GENERAL
from djirgo.tasks.models.queryset import TaskQuerySet
from djirgo.web.addresses import board_address
from djirgo.web.board import quick_add
from djirgo.web.board.columns import BY_STATUS, COLUMNS, WITHOUT_ASKING, Filled, fill, placed
from djirgo.web.board.filters import PRIORITIES, Narrowed, narrow
from djirgo.web.board.people import people_of
from djirgo.web.page import Page
from djirgo.web.preferences import keep
from djirgo.web.shell import PROJECT_COOKIE
from djirgo.web.tell import with_message, with_news

STATUS = representation.COLUMNS.index("status")
#: So many cards can be asked for at once.
MOST_CARDS = 50


class BoardPage(Page):
    """The board of the project in the address; `/` is that of the open one."""

    follows = True

    def get(self, request: Any, project: int = GENERAL) -> HttpResponse:
        its_project = self.project(project)
        answer = self.show("web/board/page.html", board(its_project, request, now=timezone.now()))
        keep(answer, PROJECT_COOKIE, str(its_project.pk), request)
        return answer


class ColumnPage(Page):
    """The next cards of a column, behind the last one that is there."""

    def get(self, request: Any, project: int, status: str) -> HttpResponse:
        its_project = self.project(project)
        if status not in BY_STATUS:
            raise Http404
        found = narrow(tasks_of(its_project, request.user), request)
        column = fill(BY_STATUS[status], found.tasks, now=timezone.now(), after=request.GET.get("after", ""))
        context = {"project": its_project, "filled": column, "narrowed": found}
        return self.show("web/board/cards.html", context)


class CardsPage(Page):
    """These cards as they are now, and the numbers of the columns. A card that is not in the answer is not here."""

    def get(self, request: Any, project: int) -> HttpResponse:
        its_project = self.project(project)
        return self.show("web/board/changed.html", changed(its_project, request, _ids(request.GET.get("ids", ""))))


class NewTask(Page):
    """Quick add: a task in one line."""

    def post(self, request: Any, project: int) -> HttpResponse:
        its_project = self.project(project)
        line, now = request.POST.get("line", ""), timezone.now()
        try:
            draft = quick_add.read(line, by=request.user, now=now)
        except ValidationError as wrong:
            context = {"project": its_project, "line": line, "error": wrong.messages[0]}
            return self.show("web/board/quick_add.html" if request.htmx else "web/board/add_page.html", context)
        task = quick_add.add(draft, its_project, by=request.user, at=now)
        if not request.htmx:
            return HttpResponseRedirect(board_address(its_project))
        return with_news(self.show("web/board/quick_add.html", {"project": its_project}), task)


class NextTask(Page):
    """Next task for me: the most urgent one that waits, started."""

    def post(self, request: Any, project: int) -> HttpResponse:
        its_project = self.project(project)
        claimed = claim(Wish(request.user, its_project), at=database_now())
        if not claimed:
            return with_message(request, _("Nothing waits for you right now."), otherwise=board_address(its_project))
        address = reverse("task", args=[claimed[0].pk])
        if not request.htmx:
            return HttpResponseRedirect(address)
        return with_news(HttpResponse(status=204), claimed[0], open_panel=address)


def board(project: Project, request: Any, *, now: datetime) -> Mapping[str, Any]:
    found = narrow(tasks_of(project, request.user), request)
    kept = _kept(project, request.user, found)
    columns = fill_columns(found, kept, now=now)
    return {
        "project": project,
        "narrowed": found,
        "columns": columns,
        "labels": sorted({label for column in columns for card in column.cards for label in card["labels"]}),
        "people": people_of(project),
        "priorities": PRIORITIES,
        "is_worked_on": project.is_worked_on_by(request.user),
        "is_empty": not found.is_narrow and not any(column.cards for column in columns),
        "is_alone": User.objects.open().filter(is_bot=False)[:2].count() == 1,
        "board_address": board_address(project),
    }


def fill_columns(found: Narrowed, kept: Mapping[str, int] | None, *, now: datetime) -> list[Filled]:
    asked = found.asked.get("task_status")
    wanted = [BY_STATUS[asked]] if asked in BY_STATUS else WITHOUT_ASKING
    return [fill(column, found.tasks, now=now, kept=kept[column.status.value] if kept else None) for column in wanted]


def changed(project: Project, request: Any, ids: list[int]) -> Mapping[str, Any]:
    """These tasks as cards, where they belong on the board that the request looks at."""
    now = timezone.now()
    found = narrow(tasks_of(project, request.user), request)
    rows = list(found.tasks.filter(pk__in=ids).rows())
    cards = [
        card
        for column in COLUMNS
        for card in placed(column, [row for row in rows if row[STATUS] == column.status], now=now)
    ]
    return {"project": project, "cards": cards, "kept": _kept(project, request.user, found)}


def _kept(project: Project, user: User, found: Narrowed) -> Mapping[str, int] | None:
    """How many tasks there are in each status, unless only some of them are looked at."""
    return None if found.is_narrow or not project.shows_all_to(user) else counts(project.pk)


def tasks_of(project: Project, user: User) -> TaskQuerySet:
    return Task.objects.of_project(project, seen_by=user)


def _ids(words: str) -> list[int]:
    return [int(word) for word in words.split(",")[:MOST_CARDS] if word.isascii() and word.isdigit() and len(word) < 19]
