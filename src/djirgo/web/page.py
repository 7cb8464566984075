"""What every page keeps to: somebody is logged in, and instants are told in their time zone."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views import View
from django_htmx.middleware import HtmxDetails

from djirgo.accounts.models import User
from djirgo.live.tail import end_of_the_log
from djirgo.tasks.models import Project, Task
from djirgo.tasks.models.project import GENERAL

#: Said by the browser, see static/web/timezone.js.
TIME_ZONE_COOKIE = "timezone"
LARGEST_ID = 2**63 - 1


class Request(HttpRequest):
    """A request of somebody who is logged in, as the middleware has left it."""

    user: User
    htmx: HtmxDetails
    #: How far in the log the page knows things, where it follows them.
    after: int
    #: The project that the page is about, where its address does not name it.
    about: int | None


class Page(View):
    """A page, or a part of one that the browser asks for by itself."""

    request: Request
    #: Whether it is told of what happens while it is open.
    follows = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return log_in_first(request)
        if self.follows and request.method == "GET" and not self.request.htmx:
            # Before anything is read: what happens from here on is told.
            self.request.after = end_of_the_log()
        with timezone.override(zone_of(request)):
            answer = super().dispatch(request, *args, **kwargs)
        # A page that is kept would be shown to whoever sits down next, and after the next change.
        answer.headers.setdefault("Cache-Control", "private, no-cache")
        return answer

    def show(self, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
        return render(self.request, template, dict(context), status=status)

    def project(self, pk: int = GENERAL) -> Project:
        project: Project = get_object_or_404(Project.objects.visible_to(self.request.user), pk=min(pk, LARGEST_ID))
        self.request.about = project.pk
        return project

    def task(self, pk: int) -> Task:
        tasks = Task.objects.visible_to(self.request.user).select_related("owner", "performer", "project")
        task: Task = get_object_or_404(tasks, pk=min(pk, LARGEST_ID))
        self.request.about = task.project_id
        return task


def log_in_first(request: HttpRequest) -> HttpResponse:
    """Off to the log-in, and back from there to where they are; also where only a part of the page was asked for."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    whence = htmx.current_url_abs_path if htmx else request.get_full_path()
    address = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': whence or '/'})}"
    if htmx:
        return HttpResponse(status=401, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def back_to(request: HttpRequest, otherwise: str) -> str:
    """Where a form says that it came from, if that is one of our own pages."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if is_ours else otherwise


def zone_of(request: HttpRequest) -> ZoneInfo:
    """Where the person is; UTC until their browser has said so."""
    try:
        return ZoneInfo(request.COOKIES.get(TIME_ZONE_COOKIE, "UTC"))
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
