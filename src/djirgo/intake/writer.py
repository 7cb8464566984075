"""Writes what was taken in: a batch in one transaction, with its events and its place in the ledger.

What may not be done falls out of its batch beforehand. Where the batch fails all the same, it is halved until what
fails is alone, and that is rejected. A message whose id stands in the ledger has been dealt with: a second delivery
does nothing. It is acknowledged after the commit.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate, islice

import prometheus_client
from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils import timezone

from djirgo.errors import Conflict, DomainError, Invalid, Several
from djirgo.events.brokers.rabbitmq.inbox import Deliveries
from djirgo.intake.accepted import Accepted
from djirgo.intake.models import Intake, Outcome
from djirgo.intake.queues import IntakeQueues
from djirgo.intake.standing import KeyUsed, Standing
from djirgo.rest.problems import WHOLE
from djirgo.tasks.models import Task
from djirgo.tasks.models.task import Arrival

#: Tasks that are written in one transaction.
BATCH = 2000

DEALT_WITH = prometheus_client.Counter(
    "djirgo_intake", "Requests that were taken in, applied and rejected.", ["outcome"]
)
for outcome in ("accepted", *Outcome.values):
    DEALT_WITH.labels(outcome)
logger = logging.getLogger(__name__)


class CannotBeWritten(Conflict):
    """A mistake of ours: everything was checked, and the database will not have it."""

    code = "server_error"


@dataclass
class Result:
    """What became of a request: its tasks, or why there are none."""

    accepted: Accepted
    tasks: list[Task] = field(default_factory=list)
    refusal: DomainError | None = None


class Writer:
    """One of the worker's loops. Any number may write at once, from one queue."""

    def __init__(self, name: str, inbox: Deliveries[Accepted]) -> None:
        self.name = name
        self.inbox = inbox

    def step(self) -> bool:
        batch = _as_many_as_are_written_at_once(self.inbox.take())
        if batch:
            now = timezone.now()
            for orphan in write(batch, at=now):
                self.inbox.lay_aside(orphan, reason="nobody has the id of its user.", at=now)
            self.inbox.acknowledge(batch)
        return bool(batch)

    def close(self) -> None:
        self.inbox.close()


class Singles(Deliveries[Accepted]):
    batch = BATCH
    prefetch = 2 * BATCH
    #: A worker that is killed has all that it had taken come back: that is no message's fault yet.
    alone_after = 3

    def _parse(self, body: bytes) -> Accepted:
        return Accepted.parse(body)


class Lists(Singles):
    """Each is up to a thousand tasks and may be megabytes."""

    batch = 4
    prefetch = 4


def writers() -> list[Writer]:
    """None without RabbitMQ, where nothing is taken in."""
    url, queues = settings.RABBITMQ_URL, IntakeQueues()
    if not url:
        return []
    return [
        Writer("intake", Singles(url, queues, queues.one)),
        Writer("intake_bulk", Lists(url, queues, queues.many)),
    ]


def _as_many_as_are_written_at_once(batch: Sequence[Accepted]) -> list[Accepted]:
    """At least one, and up to so many tasks."""
    sizes = accumulate(len(accepted.tasks) for accepted in batch)
    return [accepted for accepted, size in zip(batch, sizes, strict=True) if size <= BATCH or accepted is batch[0]]


def write(batch: Sequence[Accepted], *, at: datetime) -> list[Accepted]:
    """Write all of it that the ledger does not know; answer what belongs to nobody, and so is in no ledger.

    What waits for other tasks locks them, and is written by itself, so that nobody is locked out by a whole batch.
    """
    apart = [accepted for accepted in batch if accepted.is_linked]
    together = [accepted for accepted in batch if not accepted.is_linked]
    orphans = []
    for part in ([together] if together else []) + [[accepted] for accepted in apart]:
        results, without_user = write_together(part, at=at)
        orphans += without_user
        for result in results:
            DEALT_WITH.labels(Outcome.REJECTED if result.refusal else Outcome.APPLIED).inc()
    return orphans


def write_now(accepted: Accepted, *, at: datetime) -> list[Task]:
    """As the worker would, but at once; the tasks, or the refusal. Should the message be in the queue after all, it
    does nothing any more. What was rejected before is tried again."""
    Intake.objects.filter(pk=accepted.id, outcome=Outcome.REJECTED).delete()
    try:
        results, _ = write_together([accepted], at=at)
    except IntegrityError:  # a worker has written it, or another of the same key, in this very moment
        results, _ = write_together([accepted], at=at)
    for result in results:
        if result.refusal:
            raise result.refusal
        return result.tasks
    written = Intake.objects.get(pk=accepted.id).tasks
    tasks = Task.objects.select_related("owner", "performer").in_bulk(written)
    return [tasks[pk] for pk in written if pk in tasks]


@transaction.atomic
def write_together(batch: Sequence[Accepted], *, at: datetime) -> tuple[list[Result], list[Accepted]]:
    known = Intake.objects.dealt_with(accepted.id for accepted in batch)
    fresh = {accepted.id: accepted for accepted in batch if accepted.id not in known}
    standing = Standing(list(fresh.values()))
    orphans = [accepted for accepted in fresh.values() if accepted.user not in standing.users]
    results = _results([accepted for accepted in fresh.values() if accepted.user in standing.users], standing, at=at)
    # In one order, so that two workers with the same messages do not wait for each other in a ring.
    in_order = sorted(results, key=lambda result: result.accepted.id)
    Intake.objects.bulk_create(_row(result, at=at) for result in in_order)
    return results, orphans


def _results(batch: Sequence[Accepted], standing: Standing, *, at: datetime) -> list[Result]:
    refused: list[Result] = []
    allowed: list[tuple[Accepted, list[Arrival]]] = []
    for accepted in batch:
        try:
            allowed.append((accepted, standing.arrivals(accepted)))
        except DomainError as refusal:
            refused.append(Result(accepted, refusal=refusal))
    return refused + (_put_in(allowed, at=at) if allowed else [])


def _put_in(allowed: Sequence[tuple[Accepted, list[Arrival]]], *, at: datetime) -> list[Result]:
    """All at once if that is possible, else those that can be."""
    try:
        with transaction.atomic():
            tasks = iter(Task.take_in([arrival for _, arrivals in allowed for arrival in arrivals], at=at))
        return [Result(accepted, list(islice(tasks, len(arrivals)))) for accepted, arrivals in allowed]
    except (OperationalError, InterfaceError):
        raise  # the database is away, or somebody was in the way: nobody's message is at fault
    except Exception as problem:
        if len(allowed) == 1:
            return [Result(allowed[0][0], refusal=_refusal(problem))]
    middle = len(allowed) // 2
    return _put_in(allowed[:middle], at=at) + _put_in(allowed[middle:], at=at)


def _refusal(problem: Exception) -> DomainError:
    if isinstance(problem, DomainError):
        return problem
    logger.error("what was taken in cannot be written", exc_info=problem)
    return CannotBeWritten("Something broke here. It was logged.")


def _row(result: Result, *, at: datetime) -> Intake:
    accepted = result.accepted
    return Intake(
        id=accepted.id,
        owner_id=accepted.user,
        outcome=Outcome.REJECTED if result.refusal else Outcome.APPLIED,
        tasks=[task.pk for task in result.tasks],
        is_many=accepted.is_many,
        errors=list(_errors(result.refusal)),
        key="" if isinstance(result.refusal, KeyUsed) else accepted.key,
        accepted_at=accepted.at,
        written_at=at,
    )


def _errors(refusal: DomainError | None) -> Iterator[dict[str, str]]:
    """As the API lists them; in a list each has its index."""
    if isinstance(refusal, Several):
        for index, inner in refusal.refusals.items():
            place = f"{index}.{inner.field}" if isinstance(inner, Invalid) else str(index)
            yield {"field": place, "code": inner.code, "detail": str(inner)}
    elif refusal:
        place = refusal.field if isinstance(refusal, Invalid) else WHOLE
        yield {"field": place, "code": refusal.code, "detail": str(refusal)}
