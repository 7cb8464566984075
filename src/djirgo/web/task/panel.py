"""All that the page of a task shows."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise

from djirgo.accounts.models import User
from djirgo.tasks.models import Correction, Project, Task, Verb, WorkInterval
from djirgo.tasks.models.rules import manager, may
from djirgo.tasks.models.status import OPEN
from djirgo.tasks.models.watch import watchers_of
from djirgo.web import markdown
from djirgo.web.board.filters import PRIORITIES
from djirgo.web.board.people import people_of
from djirgo.web.cards import title_of
from djirgo.web.task import leases
from djirgo.web.task.forms import EditForm
from djirgo.web.task.timeline import FIELDS, timeline
from djirgo.web.task.verbs import buttons, is_possible

#: The newest so many are shown.
MOST_INTERVALS = 50


def panel(task: Task, request: HttpRequest, **more: Any) -> Mapping[str, Any]:
    user: User = request.user  # type: ignore[assignment]
    now = timezone.now()
    has_lease = leases.token_of(request, task) is not None
    may_write = may(user, Verb.EDIT, task)
    told = timeline(task)
    return {
        "task": task,
        "shown": task.shown(now=now),
        "title": title_of(task.text),
        "body": markdown.as_html(markdown.below_title(task.text)),
        "is_open": task.status in OPEN,
        "is_overdue": task.status in OPEN and task.due_at is not None and task.due_at < now,
        "buttons": list(buttons(task, user, has_lease=has_lease)),
        "may_fail": is_possible(Verb.FAIL, task, user, has_lease=has_lease),
        "may_delete": may(user, Verb.DELETE, task),
        "may_write": may_write,
        "may_assign": task.status in OPEN and may(user, Verb.ASSIGN, task),
        "may_take": task.status in OPEN and task.performer is None and task.project.is_worked_on_by(user),
        "has_lease": has_lease,
        "is_leased_elsewhere": task.is_leased and task.performer == user and not has_lease,
        "lease_choices": leases.CHOICES,
        "lease_left": leases.seconds_left(task, now),
        "may_start": is_possible(Verb.START, task, user, has_lease=has_lease),
        "blockers": _named(task.blocked_by, user),
        "blocked": _named(list(task.dependents.values_list("task", flat=True)[:100]), user),
        "intervals": list(_intervals(task)),
        "may_correct": may(user, Verb.CORRECT, task),
        "timeline": told,
        "comments": sum(1 for entry in told if entry.comment),
        "last_said": next((entry.comment.pk for entry in told if entry.comment and entry.comment.author == user), 0),
        "may_comment": task.project.is_worked_on_by(user),
        "manages": manager(task, user),
        "is_watching": watchers_of(task).filter(pk=user.pk).exists(),
        "people": people_of(task.project) if may_write else [],
        "projects": list(Project.objects.worked_on_by(user).order_by("id")[:100]) if may_write else [],
        "priorities": PRIORITIES,
        "errors": {},
        "said_fields": _said_fields(more.get("said", {})),
    } | more


def _intervals(task: Task) -> QuerySet[WorkInterval]:
    corrections = Prefetch("corrections", Correction.objects.select_related("by").order_by("id"))
    newest = task.intervals.select_related("performer").prefetch_related(corrections)
    return newest.order_by("-started_at", "-id")[:MOST_INTERVALS]


def _said_fields(said: Mapping[str, str]) -> list[tuple[str, str | Promise, str]]:
    """What somebody wanted to write, by its names: shown where it was refused."""
    return [(name, FIELDS[name], said[name]) for name in EditForm.base_fields if name in FIELDS and name in said]


def _named(ids: Sequence[int], user: User) -> list[Mapping[str, Any]]:
    """Other tasks by their titles, as far as one may see them."""
    found = Task.objects.visible_to(user).in_bulk(ids)
    return [
        {"id": pk, "title": title_of(found[pk].text), "status": found[pk].status}
        if pk in found
        else {"id": pk, "title": "", "status": ""}
        for pk in ids
    ]
