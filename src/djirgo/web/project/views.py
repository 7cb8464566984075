"""A project is founded, told how it works, and given up. Each view reads what was said, and asks the domain once."""

from abc import ABC, abstractmethod
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from djirgo.errors import Conflict, Invalid
from djirgo.tasks.models import Project
from djirgo.web.page import LARGEST_ID, Page
from djirgo.web.project.forms import NotUnderstood, PolicyForm, ProjectForm, checked
from djirgo.web.project.settings import settings
from djirgo.web.refusals import in_words


class SettingsView(Page, ABC):
    """What the views of the settings share: one part of the page is written, and what is wrong is told there."""

    #: The part of the page that the form stands in.
    part = ""

    @abstractmethod
    def write(self, project: Project) -> str:
        """The one call to the domain that a view makes; answers what it has done, in words."""

    def post(self, request: Any, project: int, **_more: Any) -> HttpResponse:
        its_project = self.project(project)
        try:
            done = self.write(its_project)
        except NotUnderstood as wrong:
            return self.refuse(wrong.words, status=400)
        except Invalid as refusal:
            return self.refuse([in_words(refusal.code, str(refusal))], status=400)
        except Conflict as refusal:
            return self.refuse([in_words(refusal.code, str(refusal))], status=409)
        messages.success(request, done)
        return HttpResponseRedirect(self.back(its_project))

    def back(self, project: Project) -> str:
        return f"{reverse('settings', args=[project.pk])}#{self.part}"

    def refuse(self, words: list[str], *, status: int) -> HttpResponse:
        more = {"errors": {self.part_refused(): words}, "said": self.request.POST}
        return self.page(self.project(self.kwargs["project"]), status=status, **more)

    def part_refused(self) -> str:
        return self.part

    def page(self, project: Project, *, status: int = 200, **more: Any) -> HttpResponse:
        after = self.request.GET.get("after", "")
        is_number = after.isascii() and after.isdigit()
        shown = settings(project, self.request.user, after=min(int(after), LARGEST_ID) if is_number else 0, **more)
        return self.show("web/project/settings.html", shown, status=status)


class Settings(SettingsView):
    """The settings, and what a project is called and who sees what of it."""

    part = "about"

    def get(self, request: Any, project: int) -> HttpResponse:
        return self.page(self.project(project))

    def write(self, project: Project) -> str:
        project.edit(**checked(ProjectForm(self.request.POST)), by=self.request.user, at=timezone.now())
        return _("The project is changed.")


class Policy(SettingsView):
    """How work is given out."""

    part = "policy"

    def write(self, project: Project) -> str:
        project.edit(**checked(PolicyForm(self.request.POST)), by=self.request.user, at=timezone.now())
        return _("From now on work is given out like that.")


class DeleteProject(SettingsView):
    part = "delete"

    def write(self, project: Project) -> str:
        project.delete_for_good(by=self.request.user, at=timezone.now())
        return _("The project is deleted.")

    def back(self, project: Project) -> str:
        return "/"


class NewProject(Page):
    def get(self, request: Any) -> HttpResponse:
        return self.show("web/project/new.html", {"said": {}})

    def post(self, request: Any) -> HttpResponse:
        form = ProjectForm(request.POST)
        if not form.is_valid():
            return self.refuse(NotUnderstood(form).words)
        try:
            project = Project.create(**form.cleaned_data, by=request.user, at=timezone.now())
        except Invalid as refusal:
            return self.refuse([in_words(refusal.code, str(refusal))])
        messages.success(request, _("The project is founded. Now take others in."))
        return HttpResponseRedirect(f"{reverse('settings', args=[project.pk])}#members")

    def refuse(self, words: list[str]) -> HttpResponse:
        return self.show("web/project/new.html", {"said": self.request.POST, "errors": words}, status=400)
