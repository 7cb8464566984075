"""What happened, and who has been told.

One `Event` row is three things at once: the history that people read, the outbox that the relay publishes, and the log
that every reader resumes from. It is written in the transaction of the change itself, so it exists if and only if
the change does. A `Position` is how far one reader has come, and who reads in its name. A `Receipt` says that a
consumer has dealt with an event, so that a second delivery does nothing; a `DeadLetter`, that it never could.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from djirgo.rows import ReadAsItIs, new, note

#: Positions that are kept for the machinery, not for a reader of its own. Those of the jobs begin with the last.
SEQUENCER, RELAY, SCHEDULE = "sequencer", "relay", "schedule"


class EventQuerySet(models.QuerySet["Event"]):
    def record(self, type_: str, *, subject: str, scope: str, data: dict[str, Any], at: datetime) -> "Event":
        """Write down that something happened. To be called inside the transaction that makes it happen.

        The event has no id yet, for nobody waits until it is written.
        """
        event = new(Event, type=type_, subject=subject, scope=scope, data=data, time=at)
        note(event)
        return event

    def record_all(self, events: "Iterable[Event]") -> None:
        """Write down many things at once."""
        note(*events)

    def unnumbered(self) -> Self:
        """Committed, not yet given a place in the log. Oldest first."""
        return self.filter(sequence=None).order_by("id")

    def numbered(self) -> Self:
        return self.filter(sequence__isnull=False).order_by("sequence")

    def after(self, sequence: int) -> Self:
        """What a reader who has come as far as `sequence` has not seen, in order."""
        return self.filter(sequence__gt=sequence).order_by("sequence")

    def about(self, subject: str) -> Self:
        """The history of one thing, oldest first."""
        return self.filter(subject=subject).order_by("id")


class Event(ReadAsItIs):
    #: Grows within one subject in the order of its changes; between subjects it says nothing about commit order.
    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    #: The place in the log, given by the sequencer after the commit. Readers go by this and by nothing else.
    sequence = models.BigIntegerField(null=True, editable=False)
    type = models.CharField(max_length=64)
    #: What it happened to, like `tasks/17`.
    subject = models.CharField(max_length=64)
    #: Who may hear of it: those who may see this, like `projects/3`.
    scope = models.CharField(max_length=64)
    time = models.DateTimeField()
    #: The thing as the API shows it, the actor's username or null, and what changed.
    data = models.JSONField()

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sequence"], name="a_place_in_the_log_is_taken_once"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(sequence=None), name="event_unnumbered"),
            models.Index(fields=["subject", "id"], name="event_history"),
            models.Index(fields=["time"], name="event_time"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"


class PositionQuerySet(models.QuerySet["Position"]):
    def within_reach_of(self, holder: uuid.UUID) -> Self:
        """Held by this worker, by nobody, or by one that has shown no sign of life for too long."""
        return self.filter(Q(holder=holder) | Q(holder=None) | Q(held_until__lt=Now()))

    def readers(self) -> Self:
        """Consumers and queues of an embedded installation."""
        return self.exclude(reader__in=[SEQUENCER, RELAY]).exclude(reader__startswith=SCHEDULE)

    def sequence_of(self, reader: str) -> int:
        """How far a reader has come; 0 for one that has never read."""
        return self.filter(reader=reader).values_list("sequence", flat=True).first() or 0


class Position(models.Model):
    """How far a reader of the log has come. One worker at a time reads in its name: its holder, until `held_until`."""

    reader = models.CharField(max_length=100, primary_key=True)
    sequence = models.BigIntegerField(default=0)
    holder = models.UUIDField(null=True)
    held_until = models.DateTimeField(null=True)

    objects = PositionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.reader} at {self.sequence}"


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    def left_by(self, consumer: str, events: Iterable[uuid.UUID]) -> set[uuid.UUID]:
        """Those of these events that the consumer has dealt with."""
        return set(self.filter(consumer=consumer, event__in=events).values_list("event", flat=True))

    def leave(self, consumer: str, events: Iterable[uuid.UUID], *, at: datetime) -> None:
        """To be called inside the transaction of the effects, for events that have no receipt yet."""
        self.bulk_create(Receipt(consumer=consumer, event=event, at=at) for event in events)


class Receipt(models.Model):
    """A consumer has dealt with an event; written in the transaction of its effects."""

    consumer = models.CharField(max_length=100)
    event = models.UUIDField()
    at = models.DateTimeField()

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consumer", "event"], name="an_event_is_dealt_with_once"),
        ]
        indexes = [models.Index(fields=["at"], name="receipt_at")]

    def __str__(self) -> str:
        return f"{self.consumer}: {self.event}"


class DeadLetter(models.Model):
    """An event that a consumer failed at too often, and why. With RabbitMQ these wait in `djirgo.dead` instead."""

    consumer = models.CharField(max_length=100)
    event = models.UUIDField()
    envelope = models.JSONField()
    reason = models.TextField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="dead_letter_at")]

    def __str__(self) -> str:
        return f"{self.consumer}: {self.envelope['type']} {self.envelope['subject']}"
