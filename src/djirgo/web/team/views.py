"""The team of a project."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from djirgo.web.page import Page
from djirgo.web.team.team import team


class Team(Page):
    follows = True

    def get(self, request: Any, project: int) -> HttpResponse:
        return self.show("web/team/page.html", team(self.project(project), request.user, now=timezone.now()))
