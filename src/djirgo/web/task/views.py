"""The page of a task, and what people do there: each view reads what was said, and makes one call to the domain."""

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from djirgo.errors import Invalid
from djirgo.tasks.clock import database_now
from djirgo.tasks.models import Status, Task
from djirgo.tasks.models.door import InvalidTransition
from djirgo.web.addresses import board_address
from djirgo.web.board.views import changed
from djirgo.web.page import Page, back_to
from djirgo.web.refusals import in_words, refuse
from djirgo.web.task import leases
from djirgo.web.task.edit import Conflict, edit
from djirgo.web.task.forms import AssignForm, EditForm, FailForm, LeaseForm
from djirgo.web.task.move import move, no_way
from djirgo.web.task.panel import panel
from djirgo.web.task.verbs import NAMED
from djirgo.web.tell import with_news

#: Said by the page of a task, where parts of it are fetched anew.
ON_A_PAGE = "X-Djirgo-Page"


class TaskView(Page):
    """What the views of a task share: how it is shown, and shown again when something was done."""

    def panel(self, task: Task, **more: Any) -> HttpResponse:
        template = "web/task/panel.html" if self.request.htmx else "web/task/page.html"
        is_page = not self.request.htmx or ON_A_PAGE in self.request.headers
        more |= {"is_page": is_page, "part_level": 2 if is_page else 3}
        return self.show(template, panel(task, self.request, board_address=board_address(task.project), **more))

    def done(self, task: Task) -> HttpResponse:
        if not self.request.htmx:
            return HttpResponseRedirect(back_to(self.request, reverse("task", args=[task.pk])))
        return with_news(self.panel(task), task)

    def said(self, task: Task) -> dict[str, Any]:
        """Who says it, when, and with which lease. Leases are counted by the clock of the database."""
        lease = leases.token_of(self.request, task)
        at = database_now() if lease else timezone.now()
        return {"by": self.request.user, "at": at} | ({"lease": lease} if lease else {})


class TaskPage(TaskView):
    """A task on a page of its own, or as a panel over the board. A POST writes into it."""

    follows = True

    def get(self, request: Any, pk: int) -> HttpResponse:
        return self.panel(self.task(pk))

    def post(self, request: Any, pk: int) -> HttpResponse:
        task = self.task(pk)
        form = EditForm(request.POST, by=request.user)
        if not form.is_valid():
            return self.panel(task, errors=form.errors, said=request.POST)
        try:
            edit(task, form.edits, seen=form.cleaned_data["version"], by=request.user, at=timezone.now())
        except Conflict as conflict:
            is_writing = "text" in form.edits
            return self.panel(conflict.task, conflict=conflict, said=request.POST, is_writing=is_writing)
        except Invalid as refusal:
            return self.panel(
                self.task(pk), errors={refusal.field: [in_words(refusal.code, str(refusal))]}, said=request.POST
            )
        return self.done(task)


class TextForm(TaskView):
    """The text, to be written."""

    follows = True

    def get(self, request: Any, pk: int) -> HttpResponse:
        return self.panel(self.task(pk), is_writing=True)


class UseVerb(TaskView):
    """One of the verbs that need no words."""

    def post(self, request: Any, pk: int, verb: str) -> HttpResponse:
        if verb not in NAMED:
            raise Http404
        task = self.task(pk)
        return self.done(getattr(task, verb)(**self.said(task)))


class MoveTask(TaskView):
    """A card that was put into another column. The answer is the card where it is now."""

    def post(self, request: Any, pk: int) -> HttpResponse:
        task, status = self.task(pk), request.POST.get("status")
        if status not in Status.values:
            raise Http404
        try:
            move(task, Status(status), **self.said(task))
        except InvalidTransition:
            return refuse(request, no_way(Status(task.status), Status(status)), status=409)
        if not request.htmx:
            return self.done(task)
        return self.show("web/board/changed.html", changed(task.project, request, [task.pk]))


class AssignTask(TaskView):
    def post(self, request: Any, pk: int) -> HttpResponse:
        task, form = self.task(pk), AssignForm(request.POST)
        if not form.is_valid():
            return self.panel(task, errors=form.errors, said=request.POST)
        return self.done(task.assign(form.cleaned_data["performer"], **self.said(task)))


class FailTask(TaskView):
    def post(self, request: Any, pk: int) -> HttpResponse:
        task, form = self.task(pk), FailForm(request.POST)
        if not form.is_valid():
            return self.panel(task, errors=form.errors, said=request.POST)
        return self.done(task.fail(**form.cleaned_data, **self.said(task)))


class DeleteTask(TaskView):
    def post(self, request: Any, pk: int) -> HttpResponse:
        task = self.task(pk)
        project, gone = task.project, Task(pk=task.pk)
        task.delete_for_good(by=request.user, at=timezone.now())
        if not request.htmx:
            return HttpResponseRedirect(board_address(project))
        return with_news(HttpResponse(), gone, close_panel=True)


class TakeForAWhile(TaskView):
    """Start it under a lease, or hold on to the one that there is: after so long it goes back by itself."""

    def post(self, request: Any, pk: int) -> HttpResponse:
        task, form = self.task(pk), LeaseForm(request.POST)
        if not form.is_valid():
            return self.panel(task, errors=form.errors)
        seconds, token = form.cleaned_data["seconds"], leases.token_of(request, task)
        if token:
            task.renew(token, by=request.user, at=database_now(), seconds=seconds)
        else:
            task.claim(lease_seconds=seconds, by=request.user, at=database_now())
        token = token or task.lease_token or ""
        request.COOKIES[leases.name_of(task)] = token  # so that the answer is for its holder already
        answer = self.done(task)
        leases.keep(answer, request, task, token)
        return answer
