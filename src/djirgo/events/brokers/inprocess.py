"""The embedded broker: the log itself is the queue, and every reader keeps its own place in it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from djirgo.events.brokers.seam import Publisher
from djirgo.events.message import Message
from djirgo.events.models import RELAY, SEQUENCER, DeadLetter, Event, Position
from djirgo.events.positions import Lease
from djirgo.events.subscriptions import Subscription, matches

TASKS = "djirgo.tasks"
BATCH = 500


class LogInbox:
    """The numbered events beyond a reader's position that it wants."""

    def __init__(self, reader: str, wants: Callable[[str], bool]) -> None:
        self.reader = reader
        self.wants = wants
        self.lease = Lease(reader)

    def take(self) -> list[Message]:
        if not Event.objects.after(Position.objects.sequence_of(self.reader)).exists() or not self.lease.hold():
            return []
        messages = [Message.of(event) for event in Event.objects.after(self.lease.position())[:BATCH]]
        wanted = [message for message in messages if self.wants(message.type)]
        if messages and not wanted:
            self.lease.advance(messages[-1].sequence)
        return wanted

    def settle(self, messages: Sequence[Message]) -> None:
        """Comes first in the transaction: it also keeps others out until the commit."""
        self.lease.advance(messages[-1].sequence)

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Nothing: the position moved with the commit."""

    @transaction.atomic
    def bury(self, message: Message, *, reason: str, at: datetime) -> None:
        self.settle([message])
        DeadLetter.objects.create(
            consumer=self.reader.removeprefix("consumer:"),
            event=message.id,
            envelope=message.envelope,
            reason=reason,
            at=at,
        )

    def close(self) -> None:
        self.lease.release()


class InProcessBroker:
    def __init__(self, subscribed: tuple[Subscription, ...] = ()) -> None:
        self.subscriptions = subscribed

    @transaction.atomic
    def prepare(self, *, at: datetime) -> None:
        """A new reader begins where the log ends. Where RabbitMQ was before, it resumes where receipts begin."""
        relay = Position.objects.select_for_update().filter(reader=RELAY).first()
        begin = _receipts_begin(relay, at=at) if relay else Position.objects.sequence_of(SEQUENCER)
        for reader in self._consumers():
            Position.objects.get_or_create(reader=reader, defaults={"sequence": begin})
        Position.objects.get_or_create(reader=TASKS, defaults={"sequence": relay.sequence if relay else begin})
        if relay:
            Position.objects.filter(reader__in=self._consumers(), sequence__lt=begin).update(sequence=begin)
            Position.objects.filter(reader=TASKS, sequence__lt=relay.sequence).update(sequence=relay.sequence)
            relay.delete()

    def settled(self) -> int:
        """As far as the slowest consumer; nobody waits for the people who read `djirgo.tasks`."""
        reached = Position.objects.filter(reader__in=self._consumers()).values_list("sequence", flat=True)
        return min(reached, default=Position.objects.sequence_of(SEQUENCER))

    def publisher(self) -> Publisher | None:
        return None

    def inbox(self, subscription: Subscription) -> LogInbox:
        return LogInbox(subscription.reader, subscription.wants)

    def queue(self, name: str) -> LogInbox:
        if name != TASKS:
            raise LookupError(f"Without RABBITMQ_URL there is one queue, {TASKS}; {name} is not there.")
        return LogInbox(TASKS, lambda type_: matches("task.#", type_))

    def _consumers(self) -> list[str]:
        return [subscription.reader for subscription in self.subscriptions]


def _receipts_begin(relay: Position, *, at: datetime) -> int:
    """Beyond this receipts are still kept, so that what RabbitMQ had delivered is not dealt with again."""
    if not settings.KEEP_RECEIPTS:
        return 0
    forgotten = Event.objects.filter(sequence__lte=relay.sequence, time__lt=at - settings.KEEP_RECEIPTS)
    return forgotten.aggregate(last=Max("sequence"))["last"] or 0
