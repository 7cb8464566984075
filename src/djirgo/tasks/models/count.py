"""How many tasks stand where, without counting them: kept up by a consumer of the events."""

from collections import Counter

from django.db import models
from django.db.models import F

from djirgo.tasks.models.status import Status


class TaskCount(models.Model):
    """The number of tasks in a status; as late as the consumer is, which is fractions of a second."""

    status = models.CharField(max_length=11, choices=Status, primary_key=True)
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.status}: {self.number}"


def add_to_counts(changes: Counter[str]) -> None:
    """Apply what has come and gone, in the order of the names, so that two writers never wait for each other."""
    for status, difference in sorted(changes.items()):
        if difference:
            TaskCount.objects.get_or_create(status=status)
            TaskCount.objects.filter(status=status).update(number=F("number") + difference)


def counts() -> dict[str, int]:
    """Every status with its number."""
    known = dict(TaskCount.objects.values_list("status", "number"))
    return {status.value: known.get(status.value, 0) for status in Status}
