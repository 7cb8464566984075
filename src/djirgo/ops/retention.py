"""What is kept how long: one table, and the drain that lets go of what is older.

Rows go a batch at a time, each in a short transaction of its own, with a rest in between, so that those who write never
wait for more than one batch. Whoever is interrupted has done part of the work.
"""

import logging
import time
from collections.abc import Callable
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
from djirgo.tasks.models.queryset import TaskQuerySet

BATCH = 1000
SHORTEST_REST = 0.01
#: How much of its time each spends on deleting; the rest of it is for others. One is waited for, the other is not.
SHARE_OF_COMMAND, SHARE_OF_JOB = 0.5, 0.1
#: So long the job works before it looks around again, where there is so much to do.
TURN_SECONDS = 5.0

PRUNED = prometheus_client.Counter("djirgo_pruned_rows", "Rows deleted because they were old enough.", ["kind"])
logger = logging.getLogger(__name__)

Rows = QuerySet[Any]


def published_events(before: datetime) -> Rows:
    """Old, and owed to nobody any more. One that still has to be published stays, however old."""
    return Event.objects.filter(time__lt=before, sequence__lte=broker().settled())


def delete_rows(old: Rows, batch: list[Any], at: datetime) -> int:
    """Asks once more whether they are old: a row may have been given a new life since the batch was chosen."""
    _, per_model = old.filter(pk__in=batch).delete()
    return per_model.get(old.model._meta.label, 0)


def delete_tasks(old: TaskQuerySet, batch: list[Any], at: datetime) -> int:
    """Through the door of the domain, so that every task leaves its `task.deleted`.

    One that others wait for goes alone, because they have to be told.
    """
    chosen = old.filter(pk__in=batch)
    alone = sum(_delete_task(task, at) for task in chosen.filter(blocks_others=True))
    return alone + Task.delete_all_for_good(chosen.filter(blocks_others=False), at=at)


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
    #: The rows that were done with before a moment.
    done_before: Callable[[datetime], Rows]
    #: What they are walked by, oldest first.
    by: str
    delete: Callable[[Any, list[Any], datetime], int] = delete_rows
    #: To let go of one of them is as much work as of so many others.
    weight: int = 1

    @property
    def kept_for(self) -> timedelta:
        kept: timedelta = getattr(settings, self.setting)
        return kept

    @property
    def batch(self) -> int:
        return max(BATCH // self.weight, 1)

    def old(self, at: datetime) -> Rows:
        old = self.done_before(at - self.kept_for) if self.kept_for else self.done_before(at).none()
        return old.order_by(self.by)


KINDS = (
    Kind("events", "KEEP_EVENTS", published_events, by="time"),
    Kind("dead_letters", "KEEP_EVENTS", lambda before: DeadLetter.objects.filter(at__lt=before), by="at"),
    Kind("receipts", "KEEP_RECEIPTS", lambda before: Receipt.objects.filter(at__lt=before), by="at"),
    Kind(
        "idempotency_keys",
        "KEEP_IDEMPOTENCY_KEYS",
        lambda before: IdempotencyKey.objects.filter(created_at__lt=before),
        by="created_at",
    ),
    Kind("intake", "KEEP_INTAKE", lambda before: Intake.objects.written_before(before), by="written_at"),
    Kind("dead_tokens", "KEEP_DEAD_TOKENS", jwt.dead_before, by="id"),
    Kind("api_tokens", "KEEP_DEAD_TOKENS", lambda before: ApiToken.objects.expired_before(before), by="expires_at"),
    Kind("login_tries", "KEEP_DEAD_TOKENS", login_limit.forgotten_before, by="id"),
    Kind(
        "sessions", "KEEP_DEAD_TOKENS", lambda before: Session.objects.filter(expire_date__lt=before), by="expire_date"
    ),
    Kind(
        "finished_tasks",
        "KEEP_FINISHED_TASKS",
        lambda before: Task.objects.finished_before(before),
        by="updated_at",
        delete=delete_tasks,
        weight=10,
    ),
)
for kind in KINDS:
    PRUNED.labels(kind.name)  # so that it is shown, and known to be nothing, from the start


class Drain:
    """Lets go of one kind, a batch at each step.

    It goes on where it was. To begin at the oldest row each time would be to walk over all that went before, whose
    entries stay in the index until the database has swept it.
    """

    def __init__(self, kind: Kind, *, at: datetime, share: float) -> None:
        self.kind = kind
        self.at = at
        self.share = share
        self.gone = 0
        self._old = kind.old(at)
        self._ahead = self._old

    def step(self) -> bool:
        """Let go of a batch, then rest; answer whether there is more."""
        began = time.monotonic()
        batch = list(self._ahead.values_list("pk", self.kind.by)[: self.kind.batch])
        if batch:
            self._delete([pk for pk, _ in batch])
            self._ahead = self._old.filter(**{f"{self.kind.by}__gte": batch[-1][1]})
        if len(batch) < self.kind.batch:
            return False
        worked = time.monotonic() - began
        time.sleep(max(worked / self.share - worked, SHORTEST_REST))
        return True

    def _delete(self, batch: list[Any]) -> None:
        gone = self.kind.delete(self._old, batch, self.at)
        PRUNED.labels(self.kind.name).inc(gone)
        self.gone += gone


def prune(*, at: datetime) -> dict[str, int]:
    """Let go of everything that is old enough; answer how many rows of each kind that were."""
    drains = [Drain(kind, at=at, share=SHARE_OF_COMMAND) for kind in KINDS]
    for drain in drains:
        while drain.step():
            pass
    return _told(drains)


def prune_a_little(at: datetime) -> bool:
    """A batch of each kind in turn; answer whether some are left, for which it is called again at once."""
    drains = [Drain(kind, at=at, share=SHARE_OF_JOB) for kind in KINDS]
    left, deadline = [drain for drain in drains if drain.step()], time.monotonic() + TURN_SECONDS
    while left and time.monotonic() < deadline:
        left = [drain for drain in left if drain.step()]
    _told(drains)
    return bool(left)


def would_go(*, at: datetime) -> dict[str, int]:
    return {kind.name: kind.old(at).count() for kind in KINDS}


def _told(drains: list[Drain]) -> dict[str, int]:
    for drain in drains:
        if drain.gone:
            logger.info("pruned", extra={"kind": drain.kind.name, "rows": drain.gone})
    return {drain.kind.name: drain.gone for drain in drains}
