"""The time ledger: who worked on what, from when to when; and the clock of a task, which writes it."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models

from djirgo.accounts.models import User

MICROSECOND = timedelta(microseconds=1)


class WorkIntervalQuerySet(models.QuerySet["WorkInterval"]):
    def running(self) -> Self:
        return self.filter(ended_at=None)


class WorkInterval(models.Model):
    """One stretch of work, exact to the microsecond. While it has no end, the clock is running."""

    task = models.ForeignKey("tasks.Task", models.CASCADE, related_name="intervals")
    performer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="intervals")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = WorkIntervalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task"], condition=models.Q(ended_at=None), name="a_task_has_one_running_interval"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None) | models.Q(ended_at__gte=models.F("started_at")),
                name="work_ends_after_it_starts",
            ),
        ]
        indexes = [models.Index(fields=["performer", "started_at"], name="work_by_performer")]

    def __str__(self) -> str:
        return f"{self.performer}: {self.started_at} to {self.ended_at or 'now'}"


def microseconds(start: datetime, end: datetime) -> int:
    """Whole microseconds, without the rounding of floating seconds."""
    return (end - start) // MICROSECOND


class Timed(models.Model):
    """The part of a task that says how long it was worked on."""

    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    #: The sum of the intervals that have ended. The one that has not began at `running_since`.
    worked_microseconds = models.BigIntegerField(default=0)
    running_since = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def is_running(self) -> bool:
        return self.running_since is not None

    def _start_clock(self, performer: User, now: datetime) -> None:
        WorkInterval.objects.create(task_id=self.pk, performer=performer, started_at=now)
        self.running_since = now

    def _stop_clock(self, now: datetime) -> None:
        if self.running_since is None:
            return
        WorkInterval.objects.running().filter(task_id=self.pk).update(ended_at=now)
        self.worked_microseconds += microseconds(self.running_since, now)
        self.running_since = None
