"""A card that was put into another column: the verbs by which a task gets there."""

from datetime import datetime

from django.utils.translation import gettext as _

from djirgo.accounts.models import User
from djirgo.tasks.models import Status, Task
from djirgo.web.board.columns import BY_STATUS


def move(task: Task, status: Status, *, by: User, at: datetime, lease: str | None = None) -> Task:
    """Out of Needs attention back to New is `reopen`; all else is what setting the status means."""
    if (task.status, status) == (Status.FAILED, Status.NEW):
        return task.reopen(by=by, at=at)
    return task.revise(status, by=by, at=at, lease=lease)


def no_way(was: Status, wanted: Status) -> str:
    """Why no verb leads there, in the names that the columns have on the board."""
    titles = {"was": BY_STATUS[was].title, "wanted": BY_STATUS[wanted].title}
    return _("From “%(was)s” a task cannot be moved to “%(wanted)s”.") % titles
