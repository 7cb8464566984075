"""What tasks and projects tell the world: one event per change, in the change's own transaction.

A task that moves tells two worlds: that it has come, and that it has left.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from djirgo.accounts.models import User
from djirgo.events.models import Event
from djirgo.rows import new
from djirgo.tasks.models.status import Verb

if TYPE_CHECKING:
    from djirgo.tasks.models.membership import Membership
    from djirgo.tasks.models.project import Project

CREATED = "task.created"

TYPE_OF: dict[Verb, str] = {
    Verb.ASSIGN: "task.assigned",
    Verb.START: "task.started",
    Verb.PAUSE: "task.paused",
    Verb.RESUME: "task.resumed",
    Verb.RELEASE: "task.released",
    Verb.COMPLETE: "task.completed",
    Verb.FAIL: "task.failed",
    Verb.CANCEL: "task.cancelled",
    Verb.REOPEN: "task.reopened",
    Verb.EXPIRE: "task.lease_expired",
    Verb.EDIT: "task.updated",
    Verb.CORRECT: "task.updated",
    Verb.DELETE: "task.deleted",
}

PROJECT_CREATED, PROJECT_UPDATED, PROJECT_DELETED = "project.created", "project.updated", "project.deleted"
PROJECT_TASK_LEFT = "project.task_left"
MEMBER_ADDED, MEMBER_UPDATED, MEMBER_REMOVED = "member.added", "member.updated", "member.removed"

COMMENT_ADDED, COMMENT_EDITED, COMMENT_DELETED = "comment.added", "comment.edited", "comment.deleted"
USER_MENTIONED = "user.mentioned"

#: What changes with every change, or by itself as time goes by, and so tells nobody anything.
NOT_WORTH_TELLING = frozenset({"version", "updated_at", "perform_time", "perform_seconds", "lease"})
#: Unless somebody has corrected it.
WORKED = frozenset({"perform_time", "perform_seconds"})


def subject(task_id: int) -> str:
    return f"tasks/{task_id}"


def scope(project_id: int) -> str:
    """Who hears of it: those who may see the project."""
    return f"projects/{project_id}"


def by_hand(by: User | None) -> dict[str, Any]:
    """Why somebody has a task that no policy has given them."""
    return {"assignment": {"rule": "manual", "reason": f"assigned by {by.username if by else 'Djirgo'}"}}


def record(
    type_: str, *, task: dict[str, Any], before: dict[str, Any], by: User | None, at: datetime, **more: Any
) -> None:
    """Write the event. `task` and `before` are the task as the API shows it, after the change and before."""
    untold = NOT_WORTH_TELLING - WORKED if "correction" in more else NOT_WORTH_TELLING
    if before and before["project"] != task["project"]:
        _record_departure(before, by=by, at=at)
        # Those who hear of it here may not have been meant to hear of it there.
        before = {"project": before["project"]}
    data = {"task": task, "actor": _name(by), "changed": changes(before, task, untold)} | more
    Event.objects.all().record(type_, subject=subject(task["id"]), scope=scope(task["project"]), data=data, at=at)


def _record_departure(task: dict[str, Any], *, by: User | None, at: datetime) -> None:
    """Tell those who may not see where a task goes that it is no longer where they saw it, and nothing more."""
    left = {name: task[name] for name in ("id", "owner", "performer")}
    data = {"project": task["project"], "task": left, "actor": _name(by)}
    where = scope(task["project"])
    Event.objects.all().record(
        PROJECT_TASK_LEFT, subject=f"{where}/{subject(task['id'])}", scope=where, data=data, at=at
    )


def record_arrivals(tasks: Iterable[dict[str, Any]], *, at: datetime) -> None:
    """Write that tasks were put in by their owners, all of them at once."""
    Event.objects.all().record_all(_at_once(CREATED, task, task["owner"], at) for task in tasks)


def record_deletions(tasks: Iterable[dict[str, Any]], *, at: datetime) -> None:
    """Write that Djirgo has erased tasks, all of them at once."""
    Event.objects.all().record_all(_at_once(TYPE_OF[Verb.DELETE], task, None, at) for task in tasks)


def _at_once(type_: str, task: dict[str, Any], actor: str | None, at: datetime) -> Event:
    """An event of a task that comes or goes with others."""
    data = {"task": task, "actor": actor, "changed": {}}
    return new(Event, type=type_, subject=subject(task["id"]), scope=scope(task["project"]), data=data, time=at)


def record_project(
    type_: str, project: "Project", *, by: User | None, at: datetime, before: dict[str, Any] | None = None
) -> None:
    """Write what happened to a project, unless nothing did."""
    shown = project.shown()
    if type_ == PROJECT_UPDATED and shown == before:
        return
    data = {"project": shown, "actor": _name(by), "changed": changes(before or {}, shown)}
    where = scope(project.pk)
    Event.objects.all().record(type_, subject=where, scope=where, data=data, at=at)


def record_member(
    type_: str, membership: "Membership", *, by: User | None, at: datetime, before: dict[str, Any]
) -> None:
    """Write what happened to somebody in a project, unless nothing did."""
    shown = membership.shown()
    if type_ == MEMBER_UPDATED and shown == before:
        return
    data = {"project": membership.project_id, "member": shown, "actor": _name(by), "changed": changes(before, shown)}
    where = scope(membership.project_id)
    Event.objects.all().record(type_, subject=where, scope=where, data=data, at=at)


def record_comment(
    type_: str, *, task: dict[str, Any], comment: dict[str, Any], by: User | None, at: datetime, **more: Any
) -> None:
    """Write what was said about a task. It is part of the task's history, and heard by whoever hears of the task."""
    data = {"task": task, "actor": _name(by), "comment": comment} | more
    Event.objects.all().record(type_, subject=subject(task["id"]), scope=scope(task["project"]), data=data, at=at)


def changes(
    before: dict[str, Any], after: dict[str, Any], untold: frozenset[str] = NOT_WORTH_TELLING
) -> dict[str, dict[str, Any]]:
    return {
        name: {"from": before[name], "to": after[name]}
        for name in before
        if before[name] != after[name] and name not in untold
    }


def _name(user: User | None) -> str | None:
    return user.username if user else None
