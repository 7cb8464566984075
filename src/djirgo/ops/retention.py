"""What is kept how long: one table, and the drain that lets go of what is older.

Rows go a batch at a time, each in a short transaction of its own, with a rest in between that is as long as the batch
took, so that those who write never wait for more than one batch. Whoever is interrupted has done part of the work.
"""

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import prometheus_client
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from djirgo.accounts import jwt, login_limit
from djirgo.accounts.models import ApiToken
from djirgo.events.brokers import broker
from djirgo.events.models import DeadLetter, Event, Receipt
from djirgo.intake.models import Intake
from djirgo.rest.models import IdempotencyKey
from djirgo.tasks.models import Task
from djirgo.tasks.models.grip import StaleVersion, TaskGone

BATCH = 1000
SHORTEST_REST = 0.01

PRUNED = prometheus_client.Counter("djirgo_pruned_rows", "Rows deleted because they were old enough.", ["kind"])
logger = logging.getLogger(__name__)

Rows = QuerySet[Any]


def published_events(before: datetime) -> Rows:
    """Old, and owed to nobody any more. One that still has to be published stays, however old."""
    return Event.objects.filter(time__lt=before, sequence__lte=broker().settled()).order_by("time")


def delete_rows(old: Rows, batch: list[Any], at: datetime) -> int:
    """Asks once more whether they are old: a row may have been given a new life since the batch was chosen."""
    _, per_model = old.filter(pk__in=batch).delete()
    return per_model.get(old.model._meta.label, 0)


def delete_tasks(old: Rows, batch: list[Any], at: datetime) -> int:
    """Through the door of the domain, so that every task leaves its `task.deleted`."""
    return sum(_delete_task(task, at) for task in old.filter(pk__in=batch))


def _delete_task(task: Task, at: datetime) -> bool:
    with suppress(TaskGone, StaleVersion):
        task.expecting(task.version).delete_for_good(by=None, at=at)
        return True
    return False


@dataclass(frozen=True)
class Kind:
    name: str
    #: Names the time that these rows are kept for; 0 is for ever.
    setting: str
    #: The rows that were done with before a moment, oldest first.
    done_before: Callable[[datetime], Rows]
    delete: Callable[[Rows, list[Any], datetime], int] = delete_rows

    @property
    def kept_for(self) -> timedelta:
        kept: timedelta = getattr(settings, self.setting)
        return kept

    def old(self, at: datetime) -> Rows:
        return self.done_before(at - self.kept_for) if self.kept_for else self.done_before(at).none()


KINDS = (
    Kind("events", "KEEP_EVENTS", published_events),
    Kind("dead_letters", "KEEP_EVENTS", lambda before: DeadLetter.objects.filter(at__lt=before).order_by("at")),
    Kind("receipts", "KEEP_RECEIPTS", lambda before: Receipt.objects.filter(at__lt=before).order_by("at")),
    Kind(
        "idempotency_keys",
        "KEEP_IDEMPOTENCY_KEYS",
        lambda before: IdempotencyKey.objects.filter(created_at__lt=before).order_by("created_at"),
    ),
    Kind("intake", "KEEP_INTAKE", lambda before: Intake.objects.written_before(before)),
    Kind("dead_tokens", "KEEP_DEAD_TOKENS", lambda before: jwt.dead_before(before).order_by("id")),
    Kind(
        "api_tokens", "KEEP_DEAD_TOKENS", lambda before: ApiToken.objects.expired_before(before).order_by("expires_at")
    ),
    Kind("login_tries", "KEEP_DEAD_TOKENS", lambda before: login_limit.forgotten_before(before).order_by("id")),
    Kind("sessions", "KEEP_DEAD_TOKENS", lambda before: Session.objects.filter(expire_date__lt=before)),
    Kind(
        "finished_tasks",
        "KEEP_FINISHED_TASKS",
        lambda before: Task.objects.finished_before(before).order_by("updated_at"),
        delete_tasks,
    ),
)
for kind in KINDS:
    PRUNED.labels(kind.name)  # so that it is shown, and known to be nothing, from the start


def prune(*, at: datetime, seconds_each: float = math.inf) -> dict[str, int]:
    """Let go of everything that is old enough; answer how many rows of each kind that were."""
    return {kind.name: _prune(kind, at=at, seconds=seconds_each) for kind in KINDS}


def prune_a_little(at: datetime) -> bool:
    """A second's worth of each kind; what is left has its turn next time."""
    prune(at=at, seconds_each=1.0)
    return False


def would_go(*, at: datetime) -> dict[str, int]:
    return {kind.name: kind.old(at).count() for kind in KINDS}


def _prune(kind: Kind, *, at: datetime, seconds: float) -> int:
    gone = sum(_batches(kind, at=at, seconds=seconds))
    if gone:
        logger.info("pruned", extra={"kind": kind.name, "rows": gone})
    return gone


def _batches(kind: Kind, *, at: datetime, seconds: float) -> Iterator[int]:
    old = kind.old(at)
    deadline = time.monotonic() + seconds
    while batch := list(old.values_list("pk", flat=True)[:BATCH]):
        began = time.monotonic()
        gone = kind.delete(old, batch, at)
        PRUNED.labels(kind.name).inc(gone)
        yield gone
        if len(batch) < BATCH or time.monotonic() >= deadline:
            return
        time.sleep(max(time.monotonic() - began, SHORTEST_REST))
