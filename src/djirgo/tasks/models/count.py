"""How many tasks stand where, without counting them: kept up by a consumer of the events.

How many there were at an earlier moment is counted back from now, by what has come and gone since in each quarter of an
hour: there is a midnight somewhere at the beginning of each, and nowhere within one.
"""

from collections import Counter
from datetime import datetime
from typing import NamedTuple

from django.db import connection, models
from django.db.models import F, Sum

from djirgo.tasks.models.span import since_epoch
from djirgo.tasks.models.status import Status

#: A project's id, and a status.
Place = tuple[int, str]
QUARTER = 15 * 60 * 1_000_000

ADD = """
    INSERT INTO tasks_countchange (project, quarter, status, number) VALUES {places}
    ON CONFLICT (project, quarter, status) DO UPDATE SET number = tasks_countchange.number + excluded.number
"""


class Moment(NamedTuple):
    """Where something came or went, and in which quarter of an hour."""

    project: int
    quarter: int
    status: str


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


class CountChange(models.Model):
    """How many more tasks of a project had a status after a quarter of an hour than before it."""

    #: An id and no key: what a project was stays true of the others when it is gone.
    project = models.BigIntegerField()
    #: The number of the quarter since 1970.
    quarter = models.BigIntegerField()
    status = models.CharField(max_length=11, choices=Status)
    number = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "quarter", "status"], name="what_came_and_went_in_a_quarter_is_added_up"
            )
        ]

    def __str__(self) -> str:
        return f"{self.status} in {self.project}: {self.number:+}"


def quarter_of(moment: datetime) -> int:
    return since_epoch(moment) // QUARTER


def add_to_counts(changes: Counter[Place]) -> None:
    """Apply what has come and gone, in the order of the places, so that two writers never wait for each other."""
    for (project, status), difference in sorted(changes.items()):
        if difference:
            TaskCount.objects.get_or_create(project=project, status=status)
            TaskCount.objects.filter(project=project, status=status).update(number=F("number") + difference)


def add_to_history(changes: Counter[Moment]) -> None:
    """Apply the same to the quarters in which it happened, which the ORM cannot say in one statement."""
    rows = [(*moment, difference) for moment, difference in sorted(changes.items()) if difference]
    if not rows:
        return
    places = ", ".join(["(%s, %s, %s, %s)"] * len(rows))
    with connection.cursor() as cursor:
        cursor.execute(ADD.format(places=places), [value for row in rows for value in row])


def counts(project: int | None = None) -> dict[str, int]:
    """Every status with its number, in one project or in all of them."""
    counted = TaskCount.objects.all() if project is None else TaskCount.objects.filter(project=project)
    known = dict(counted.values_list("status").annotate(Sum("number")))
    return {status.value: known.get(status.value, 0) for status in Status}
