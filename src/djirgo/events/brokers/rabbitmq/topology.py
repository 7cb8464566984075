"""The exchanges and queues at RabbitMQ, declared again and again, so that whatever was deleted is there again.

events ──task.#──────▶ djirgo.tasks          for other systems
       ──patterns────▶ djirgo.<consumer> ──▶ djirgo.dead     what a consumer failed at too often, and why
"""

from dataclasses import dataclass

from pika.adapters.blocking_connection import BlockingChannel
from pika.channel import Channel

from djirgo.events.subscriptions import Subscription, matches

#: What RabbitMQ 4 does unasked. A consumer counts its failures itself; this is for messages that kill it.
DELIVERY_LIMIT = 20
TASKS_PATTERN = "task.#"


@dataclass(frozen=True)
class Topology:
    subscriptions: tuple[Subscription, ...] = ()
    prefix: str = "djirgo"
    content_type: str = "application/cloudevents+json"

    @property
    def exchange(self) -> str:
        return self.events

    @property
    def events(self) -> str:
        return f"{self.prefix}.events"

    @property
    def tasks(self) -> str:
        return f"{self.prefix}.tasks"

    @property
    def dead(self) -> str:
        return f"{self.prefix}.dead"

    def queue_of(self, subscription: Subscription) -> str:
        return f"{self.prefix}.{subscription.name}"

    def routing_key(self, type_: str) -> str:
        return type_

    def expects(self, type_: str) -> bool:
        """Whether one of our queues is bound to this type, so that a message nobody gets means that one is missing."""
        return matches(TASKS_PATTERN, type_) or any(subscription.wants(type_) for subscription in self.subscriptions)

    @property
    def may_be_passed_over(self) -> str:
        """Of the queues of our own, the one that nothing says to be replicated."""
        return self.tasks

    def declare(self, channel: Channel | BlockingChannel) -> None:
        """Waits for no answer on a channel that does not block: a refusal closes it."""
        channel.exchange_declare(self.events, "topic", durable=True)
        channel.exchange_declare(self.dead, "fanout", durable=True)
        channel.queue_declare(self.dead, durable=True)
        channel.queue_bind(self.dead, self.dead)
        # No arguments, so that any client may declare it the same.
        channel.queue_declare(self.tasks, durable=True)
        channel.queue_bind(self.tasks, self.events, routing_key=TASKS_PATTERN)
        for subscription in self.subscriptions:
            self._declare_for(subscription, channel)

    def _declare_for(self, subscription: Subscription, channel: Channel | BlockingChannel) -> None:
        arguments = {
            "x-queue-type": "quorum",
            "x-single-active-consumer": True,
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": self.dead,
        }
        queue = self.queue_of(subscription)
        channel.queue_declare(queue, durable=True, arguments=arguments)
        for pattern in subscription.patterns:
            channel.queue_bind(queue, self.events, routing_key=pattern)
