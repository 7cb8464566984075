"""RabbitMQ: the relay publishes the log to an exchange, and every reader has a queue of its own there."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Min

from djirgo.events.brokers.rabbitmq.inbox import QueueInbox
from djirgo.events.brokers.rabbitmq.publisher import ConfirmingPublisher
from djirgo.events.brokers.rabbitmq.topology import Topology
from djirgo.events.models import RELAY, Position
from djirgo.events.subscriptions import Subscription


class RabbitMQBroker:
    def __init__(self, url: str, subscribed: tuple[Subscription, ...] = (), *, prefix: str = "djirgo") -> None:
        self.url = url
        self.topology = Topology(subscribed, prefix)

    @transaction.atomic
    def prepare(self, *, at: datetime) -> None:
        """The relay begins where the slowest reader of an embedded installation had come to, or at the first event.

        The positions of those readers stay: what lies before them was dealt with, whatever receipts are still there.
        """
        slowest = Position.objects.readers().aggregate(sequence=Min("sequence"))["sequence"]
        Position.objects.get_or_create(reader=RELAY, defaults={"sequence": slowest or 0})
        for subscription in self.topology.subscriptions:
            Position.objects.get_or_create(reader=subscription.reader)

    def settled(self) -> int:
        return Position.objects.sequence_of(RELAY)

    def publisher(self) -> ConfirmingPublisher:
        return ConfirmingPublisher(self.url, self.topology, keep=settings.KEEP_MESSAGES)

    def inbox(self, subscription: Subscription) -> QueueInbox:
        return QueueInbox(self.url, self.topology, self.topology.queue_of(subscription))

    def queue(self, name: str) -> QueueInbox:
        return QueueInbox(self.url, self.topology, name)
