"""A card that was put into another column: the verbs by which a task gets there."""

from datetime import datetime

from djirgo.accounts.models import User
from djirgo.tasks.models import Status, Task


def move(task: Task, status: Status, *, by: User, at: datetime, lease: str | None = None) -> Task:
    """Out of Needs attention back to New is `reopen`; all else is what setting the status means."""
    if (task.status, status) == (Status.FAILED, Status.NEW):
        return task.reopen(by=by, at=at)
    return task.revise(status, by=by, at=at, lease=lease)
