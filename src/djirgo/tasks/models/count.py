"""How many tasks stand where, without counting them: kept up by a consumer of the events."""

from collections import Counter

from django.db import models
from django.db.models import F, Sum

from djirgo.tasks.models.status import Status

#: A project's id, and a status.
Place = tuple[int, str]


class TaskCount(models.Model):
    """The number of a project's tasks in a status; as late as the consumer is, which is fractions of a second."""

    #: An id and no key: what is counted may be gone by the time it is.
    project = models.BigIntegerField()
    status = models.CharField(max_length=11, choices=Status)
    number = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "status"], name="a_place_is_counted_once")]

    def __str__(self) -> str:
        return f"{self.status} in {self.project}: {self.number}"


def add_to_counts(changes: Counter[Place]) -> None:
    """Apply what has come and gone, in the order of the places, so that two writers never wait for each other."""
    for (project, status), difference in sorted(changes.items()):
        if difference:
            TaskCount.objects.get_or_create(project=project, status=status)
            TaskCount.objects.filter(project=project, status=status).update(number=F("number") + difference)


def counts(project: int | None = None) -> dict[str, int]:
    """Every status with its number, in one project or in all of them."""
    counted = TaskCount.objects.all() if project is None else TaskCount.objects.filter(project=project)
    known = dict(counted.values_list("status").annotate(Sum("number")))
    return {status.value: known.get(status.value, 0) for status in Status}
