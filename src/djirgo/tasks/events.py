"""What tasks tell the world: one event per change, in the change's own transaction."""

from datetime import datetime
from typing import Any

from djirgo.accounts.models import User
from djirgo.events.models import Event
from djirgo.tasks.models.status import Verb

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
    Verb.EDIT: "task.updated",
    Verb.DELETE: "task.deleted",
}

#: What changes with every change, or by itself as time goes by, and so tells nobody anything.
NOT_WORTH_TELLING = frozenset({"version", "updated_at", "perform_time", "perform_seconds"})


def subject(task_id: int) -> str:
    return f"tasks/{task_id}"


def record(type_: str, *, task: dict[str, Any], before: dict[str, Any], by: User | None, at: datetime) -> None:
    """Write the event. `task` and `before` are the task as the API shows it, after the change and before."""
    data = {"task": task, "actor": by.username if by else None, "changed": changes(before, task)}
    Event.objects.all().record(type_, subject=subject(task["id"]), data=data, at=at)


def changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: {"from": before[name], "to": after[name]}
        for name in before
        if before[name] != after[name] and name not in NOT_WORTH_TELLING
    }
