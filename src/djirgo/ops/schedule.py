"""What has to be done now and then. Every job is an idempotent drain over rows, so nothing is lost or done twice for
having been interrupted, forgotten, or begun by two workers. Each is a loop of its own: none waits for another."""

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
    #: Called with the time it is; answers whether there is more to do at once.
    run: Callable[[datetime], bool]
    #: Every worker does it, so that it goes on at once when one of them dies. Otherwise one does, under a lease.
    by_all: bool = False


def jobs() -> tuple[Job, ...]:
    table: tuple[Job, ...] = import_string(settings.JOB_SCHEDULE)
    return table


class Scheduled:
    """Runs a job when it is due. A worker that takes it over runs it at once."""

    def __init__(self, job: Job) -> None:
        self.name = f"{SCHEDULE}:{job.name}"
        self.job = job
        self.lease = Lease(self.name)
        self._due = 0.0

    def step(self) -> bool:
        """Run the job if it is due; answer whether there is more to do at once."""
        if self._due > time.monotonic() or not self._is_ours():
            return False
        self._due = time.monotonic() + self.job.every.total_seconds()
        more = self.job.run(timezone.now())
        if more:
            self._due = 0.0
        return more

    def close(self) -> None:
        if not self.job.by_all:
            self.lease.release()

    def _is_ours(self) -> bool:
        if self.job.by_all:
            return True
        Position.objects.get_or_create(reader=self.name)
        return self.lease.hold()
