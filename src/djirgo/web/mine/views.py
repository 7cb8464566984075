"""My work: what I hold, what waits for me, and my day."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from djirgo.web.mine.work import my_work
from djirgo.web.page import Page


class Mine(Page):
    follows = True

    def get(self, request: Any) -> HttpResponse:
        return self.show("web/mine/page.html", my_work(request.user, now=timezone.now()))
