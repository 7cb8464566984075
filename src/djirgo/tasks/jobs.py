"""What has to be done about tasks now and then. Each is a drain over rows, and may be done twice."""

from contextlib import suppress
from datetime import datetime

from djirgo.tasks.clock import database_now
from djirgo.tasks.models import Task
from djirgo.tasks.models.task import InvalidTransition, TaskGone

BATCH = 100


def return_work_of_the_departed(at: datetime) -> int:
    """Give back what people hold who are no longer active; answer how many tasks that were."""
    held = list(Task.objects.held_by_the_departed()[:BATCH])
    for task in held:
        task.hand_back(by=None, at=at)
    return len(held)


def return_expired_leases(at: datetime) -> int:
    """Take tasks back from holders who have vanished, by the database's clock; answer how many that were."""
    now = database_now()
    expired = list(Task.objects.with_lease_expired(now)[:BATCH])
    for task in expired:
        with suppress(InvalidTransition, TaskGone):
            task.expire_lease(at=now)
    return len(expired)
