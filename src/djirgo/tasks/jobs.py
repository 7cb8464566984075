"""What has to be done about tasks now and then. Each is a drain over rows, and may be done twice."""

from datetime import datetime

from djirgo.tasks.models import Task

BATCH = 100


def return_work_of_the_departed(at: datetime) -> int:
    """Give back what people hold who are no longer active; answer how many tasks that were."""
    held = list(Task.objects.held_by_the_departed()[:BATCH])
    for task in held:
        task.release(by=None, at=at)
    return len(held)
