"""What an answer says beside what it shows: a message, and which tasks have changed, so that the board shows it."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from djirgo.tasks.models import Task

#: Heard by static/web/board.js, whoever it was that changed the task.
CHANGED = "djirgo:changed"
OPEN = "djirgo:open"
CLOSE = "djirgo:close"
MESSAGE = "djirgo:message"


def with_news(answer: HttpResponse, task: Task, *, open_panel: str = "", close_panel: bool = False) -> HttpResponse:
    happenings: dict[str, Any] = {CHANGED: {"ids": [task.pk]}}
    if open_panel:
        happenings[OPEN] = {"address": open_panel}
    if close_panel:
        happenings[CLOSE] = {}
    answer.headers["HX-Trigger"] = json.dumps(happenings)
    return answer


def with_message(request: HttpRequest, words: str, *, otherwise: str) -> HttpResponse:
    """Only words: on the page that they are on, or on the one that they come back to."""
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps({MESSAGE: {"words": words}})})
    messages.info(request, words)
    return HttpResponseRedirect(otherwise)
