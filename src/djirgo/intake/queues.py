"""The queues at RabbitMQ in which what was taken in waits to be written. The default exchange leads to both.

one  ──▶ djirgo.intake        single tasks
many ──▶ djirgo.intake.bulk   lists: each may be large, so a worker takes few of them at once
            └─ what nobody can read, or what kills its workers ──▶ djirgo.dead
"""

from dataclasses import dataclass

from pika.adapters.blocking_connection import BlockingChannel
from pika.channel import Channel

#: A message that is not written goes back whenever its worker ends, and no few of these may lose it: one that really
#: kills its workers comes alone long before.
DELIVERY_LIMIT = 1000


@dataclass(frozen=True)
class IntakeQueues:
    prefix: str = "djirgo"
    content_type: str = "application/json"
    exchange: str = ""

    @property
    def one(self) -> str:
        return f"{self.prefix}.intake"

    @property
    def many(self) -> str:
        return f"{self.prefix}.intake.bulk"

    @property
    def dead(self) -> str:
        return f"{self.prefix}.dead"

    def routing_key(self, type_: str) -> str:
        return self.many if type_ == "many" else self.one

    def expects(self, type_: str) -> bool:
        return True

    @property
    def may_be_passed_over(self) -> None:
        """None: there is one queue for each message, and it would come back."""

    def declare(self, channel: Channel | BlockingChannel) -> None:
        channel.exchange_declare(self.dead, "fanout", durable=True)
        channel.queue_declare(self.dead, durable=True)
        channel.queue_bind(self.dead, self.dead)
        arguments = {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": self.dead,
        }
        for queue in (self.one, self.many):
            channel.queue_declare(queue, durable=True, arguments=arguments)
