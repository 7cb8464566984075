"""What has to be done now and then. Every job is an idempotent drain over rows, so nothing is lost or done twice for
having been interrupted, forgotten, or begun by two workers."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from djirgo.events.models import SCHEDULE, Position
from djirgo.events.positions import Lease


@dataclass(frozen=True)
class Job:
    name: str
    every: timedelta
    #: Called with the time it is.
    run: Callable[[datetime], object]


def jobs() -> tuple[Job, ...]:
    table: tuple[Job, ...] = import_string(settings.JOB_SCHEDULE)
    return table


class Schedule:
    """Runs what is due, on one worker at a time. A worker that takes over runs everything at once."""

    name = SCHEDULE

    def __init__(self, table: tuple[Job, ...]) -> None:
        self.lease = Lease(SCHEDULE)
        self._due = dict.fromkeys(table, 0.0)

    def step(self) -> bool:
        """Run the job that has been due for longest; answer whether there was one."""
        job = min(self._due, key=self._due.__getitem__, default=None)
        if job is None or self._due[job] > time.monotonic() or not self._hold():
            return False
        self._due[job] = time.monotonic() + job.every.total_seconds()
        job.run(timezone.now())
        return True

    def close(self) -> None:
        self.lease.release()

    def _hold(self) -> bool:
        Position.objects.get_or_create(reader=SCHEDULE)
        return self.lease.hold()
