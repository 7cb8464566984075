"""The queue of a project."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from djirgo.web.page import Page
from djirgo.web.queue.queue import queue


class Queue(Page):
    follows = True

    def get(self, request: Any, project: int) -> HttpResponse:
        return self.show("web/queue/page.html", queue(self.project(project), request.user, now=timezone.now()))
