"""What is asked of tasks all the time, in statements that are compiled once."""

from djirgo.accounts.models import User
from djirgo.statements import Slot, Statement
from djirgo.tasks.models import Task
from djirgo.tasks.representation import Row

_any = Statement(lambda: Task.objects.filter(pk=Slot("id")))
_seen = Statement(lambda: Task.objects.filter(pk=Slot("id")).seen_by(Slot("user")))
_any_row = Statement(lambda: Task.objects.filter(pk=Slot("id")).rows())
_seen_row = Statement(lambda: Task.objects.filter(pk=Slot("id")).seen_by(Slot("user")).rows())


def task(user: User, pk: int) -> Task | None:
    """A task by its id, if the user may see it."""
    return _any.one(id=pk) if user.is_staff else _seen.one(id=pk, user=user.pk)


def row(user: User, pk: int) -> Row | None:
    """The same, as a row to show."""
    return _any_row.row(id=pk) if user.is_staff else _seen_row.row(id=pk, user=user.pk)
