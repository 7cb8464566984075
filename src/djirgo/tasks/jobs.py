"""What has to be done about tasks now and then. Each is a drain over rows, and may be done twice, or by two at once."""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction

from djirgo.tasks.clock import database_now
from djirgo.tasks.models import Task
from djirgo.tasks.models.queryset import TaskQuerySet

BATCH = 100

logger = logging.getLogger(__name__)


def return_work_of_the_departed(at: datetime) -> bool:
    """Give back what people hold who cannot work on it any more; answer whether there may be more."""
    return _drain(Task.objects.held_by_the_departed(), lambda task: task.hand_back(by=None, at=at))


def return_expired_leases(at: datetime) -> bool:
    """Take tasks back from holders who have vanished, by the database's clock; answer whether there may be more."""
    now = database_now()
    return _drain(Task.objects.with_lease_expired(now), lambda task: task.expire_lease(at=now))


def _drain(tasks: TaskQuerySet, deal_with: Callable[[Task], object]) -> bool:
    """A batch of them, each in a transaction of its own; where none of it can be dealt with, the batch behind it.

    What fails is left for the next time and holds up nothing, and neither does what somebody else has locked.
    """
    left: set[int] = set()
    while batch := list(tasks.exclude(pk__in=left)[:BATCH]):
        not_dealt_with = {task.pk for task in batch if not _is_dealt_with(tasks.filter(pk=task.pk), deal_with)}
        if len(batch) < BATCH:
            return False
        if len(not_dealt_with) < BATCH:
            return True
        left |= not_dealt_with
    return False


def _is_dealt_with(one: TaskQuerySet, deal_with: Callable[[Task], object]) -> bool:
    """Asks once more for the task: it may have been changed since the batch was chosen."""
    task = None
    try:
        with transaction.atomic():
            task = one.select_for_update(of=("self",), skip_locked=True).first()
            if task:
                deal_with(task)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("a task is left as it is for now", extra={"task": task and task.pk})
        return False
    return task is not None
