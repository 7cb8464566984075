"""What cannot be done, told to people: as a message on the page that they are on, or as a page of its own."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

#: The domain speaks English. What it says with each of its codes, for those who speak something else.
WORDS: Mapping[str, str | Promise] = {
    "already_taken": _("Somebody else has this task already."),
    "invalid_transition": _("That is not possible in the state that the task is in."),
    "blocked": _("Something else has to be finished first."),
    "stale_version": _("Somebody has changed the task in the meantime."),
    "not_allowed": _("This is for whoever owns or performs the task, or manages the project."),
    "lease_lost": _("The lease is over, or belongs to another program: the task is not yours to change."),
    "invalid_text": _("A task says something, in 10,000 characters at most."),
    "invalid_labels": _("A task carries up to 20 labels of 1 to 50 characters, without commas."),
    "invalid_performer": _("This person does not work in this project, or has closed their account."),
    "invalid_project": _("The task cannot move there."),
    "invalid_blockers": _("There is no such task in this project to wait for."),
    "dependency_cycle": _("A task cannot wait for one that waits for it."),
    "role_too_low": _("Your role in the project does not allow that."),
    "last_owner": _("A project keeps at least one owner."),
    "already_member": _("They take part already."),
    "project_not_empty": _("Only a project without tasks can be deleted, and General never."),
    "general_stays": _("The project General stays, and stays open."),
    "unknown_project": _("There is no such project."),
    "token_not_valid": _("The token is not valid, or not any more."),
    "idempotency_key_reused": _("This key was used for another request."),
    "invalid_name": _("A project has a name of 1 to 100 characters."),
    "invalid_policy": _("There is no such policy."),
    "invalid_member": _("This account is closed."),
    "invalid_skills": _("There are up to 20 skills of 1 to 50 characters, without commas."),
    "registration_closed": _("Registration is closed here. Ask whoever runs this server for an account."),
    "not_found": _("This is not here, or not for you."),
    "permission_denied": _("This is for others."),
    "csrf_failed": _(
        "Your browser has not shown that the form was ours. Go back, load the page again, and try once more."
    ),
    "bad_request": _("The request cannot be understood."),
    "unique": _("This name is taken."),
    "server_error": _("Something broke here. It was logged, and whoever runs this server can find out."),
    "database_unavailable": _("The database does not answer. Try again in a moment."),
    "interval_running": _("The clock is still running: this can be corrected when it has ended."),
    "overlapping_interval": _("Some of this time is written down already."),
    "invalid_interval": _("Work ends after it starts, and not in the future."),
    "invalid_reason": _("Say why, in 1,000 characters at most."),
    "invalid_period": _("That is no span of time."),
    "report_too_large": _("That is too much for one report."),
    "too_many_mentions": _("A comment mentions fewer people than that."),
    "too_many_tokens": _("You have as many tokens as one person can."),
    "in_the_past": _("That has been already."),
    "too_many_bots": _("You answer for as many bots as one person can."),
    "several_refused": _("Some of these cannot be done, and so none was."),
}
HEADINGS: Mapping[int, str | Promise] = {
    400: _("That was not understood"),
    403: _("Not for you"),
    404: _("Nothing here"),
    409: _("That is not possible now"),
    412: _("It has changed"),
    500: _("Something broke"),
    503: _("Back in a moment"),
}


def is_for_a_person(request: HttpRequest) -> bool:
    """Whether a page is expected, and not the document that programs read."""
    if request.path.startswith("/api/"):
        return False
    return "text/html" in request.headers.get("Accept", "") or _is_part(request)


def tell(request: HttpRequest, problem: Mapping[str, Any]) -> HttpResponse:
    """The problem, in the words of whoever reads it.

    Neither the message nor the page asks the database anything: it may be what is wrong.
    """
    status: int = problem["status"]
    errors = problem.get("errors") or []
    said = errors[0] if len(errors) == 1 else problem
    return refuse(request, in_words(said["code"], said["detail"]), status=status)


def refuse(request: HttpRequest, words: str, *, status: int) -> HttpResponse:
    """In these words: a message where only a part of a page was asked for, else a page."""
    context = {"words": words, "heading": HEADINGS.get(status, HEADINGS[400]), "status": status}
    template = "web/message.html" if _is_part(request) else "web/refusal.html"
    return render(request, template, context, status=status)


def in_words(code: str, detail: str) -> str:
    """The domain's own words to those who speak its language, because they name who and what."""
    if (get_language() or "en").startswith("en") and code not in SAID_BETTER:
        return detail
    return str(WORDS.get(code, detail))


#: Where the words above say more than what programs are told.
SAID_BETTER = frozenset({"server_error", "not_found", "csrf_failed", "permission_denied"})


def _is_part(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
