"""How work would be given out now, and why the rest waits; and giving it out."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from djirgo.distribution.distribute import Outcome, distribute, rehearse
from djirgo.web.names import POLICIES, reason_words, why_words
from djirgo.web.page import Page


class GivingOut(Page):
    """A dry run; a POST makes it true."""

    def get(self, request: Any, project: int) -> HttpResponse:
        its_project = self.project(project)
        outcome = rehearse(its_project, by=request.user)
        policy = POLICIES.get(its_project.policy, its_project.policy)
        return self.show("web/project/giving_out.html", shown(outcome) | {"project": its_project, "policy": policy})

    def post(self, request: Any, project: int) -> HttpResponse:
        outcome = distribute(self.project(project), by=request.user, at=timezone.now())
        messages.success(request, told(len(outcome.given)))
        return HttpResponseRedirect(reverse("giving-out", args=[project]))


def shown(outcome: Outcome) -> dict[str, Any]:
    return {
        "given": [(offer.task, offer.performer, reason_words(offer)) for offer in outcome.given],
        "waiting": [(task, why_words(task, why)) for task, why in outcome.waiting],
        "more": outcome.more,
    }


def told(number: int) -> str:
    if not number:
        return _("There was nothing to give out.")
    return ngettext("%(number)d task is given out.", "%(number)d tasks are given out.", number) % {"number": number}
