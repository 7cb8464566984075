"""The task as others see it, written once for the API, the events and the board.

It is made from a plain row of the database: for a list, model instances would cost more than all the rest.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from djirgo.events.envelope import instant, read_instant
from djirgo.tasks.models.span import microseconds
from djirgo.tasks.models.status import Priority, Status

if TYPE_CHECKING:
    from djirgo.tasks.models.task import Task

#: The columns of a row, in the order that `represent` takes them apart.
COLUMNS = (
    "id",
    "text",
    "status",
    "owner__username",
    "performer__username",
    "created_at",
    "worked_microseconds",
    "running_since",
    "updated_at",
    "started_at",
    "completed_at",
    "priority",
    "labels",
    "due_at",
    "attempts",
    "failure_reason",
    "version",
    "project_id",
    "blocked_by",
    "is_blocked",
    "lease_expires_at",
    "due_order",
)
PRIORITIES = {priority.value: priority.word for priority in Priority}

Row = tuple[Any, ...]


def represent(row: Row, *, now: datetime) -> dict[str, Any]:
    """The row as the API shows it; a running clock shows what it shows `now`.

    The instants of a row are instants, or texts as the database writes them.
    """
    (
        id_, text, status, owner, performer, created_at, worked, running_since, updated_at, started_at, completed_at,
        priority, labels, due_at, attempts, failure_reason, version, project, blocked_by, is_blocked, lease_expires_at,
        _,
    ) = row  # fmt: skip
    if running_since is not None:
        since = read_instant(running_since) if isinstance(running_since, str) else running_since
        worked += max(microseconds(since, now), 0)
    seconds = worked // 1_000_000
    return {
        "id": id_,
        "text": text,
        "task_status": status,
        "owner": owner,
        "performer": performer,
        "pub_date": instant(created_at),
        "perform_time": clock(seconds),
        "perform_seconds": seconds,
        "is_running": running_since is not None,
        "updated_at": instant(updated_at),
        "started_at": started_at and instant(started_at),
        "completed_at": completed_at and instant(completed_at),
        "project": project,
        "priority": PRIORITIES[priority],
        "labels": labels,
        "due_at": due_at and instant(due_at),
        "blocked_by": blocked_by,
        "ready": status == Status.NEW and not is_blocked,
        "lease": lease_expires_at and {"expires_at": instant(lease_expires_at)},
        "attempts": attempts,
        "failure_reason": failure_reason,
        "version": version,
    }


def row_of(task: "Task") -> Row:
    """The row of a task that is in memory."""
    return (
        task.pk, task.text, str(task.status), task.owner.username, task.performer.username if task.performer else None,
        task.created_at, task.worked_microseconds, task.running_since, task.updated_at, task.started_at,
        task.completed_at, task.priority, task.labels, task.due_at, task.attempts, task.failure_reason, task.version,
        task.project_id, task.blocked_by, task.is_blocked, task.lease_expires_at, None,
    )  # fmt: skip


def clock(seconds: int) -> str:
    """`HH:MM:SS`; the hours may pass 99."""
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


#: The fields that only the server writes; whoever sends them back is not refused, and not obeyed.
SHOWN_ONLY = frozenset(
    {
        "id", "owner", "performer", "pub_date", "perform_time", "perform_seconds", "is_running", "updated_at",
        "started_at", "completed_at", "ready", "lease", "attempts", "failure_reason", "version",
    }
)  # fmt: skip
