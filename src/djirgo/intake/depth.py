"""How much waits in the queues to be written, and whether anybody reads them."""

from dataclasses import dataclass

from pika import BlockingConnection
from pika.exceptions import ChannelClosedByBroker

from djirgo.events.brokers.rabbitmq.connection import broker_away_on_failure, parameters
from djirgo.intake.queues import IntakeQueues


@dataclass(frozen=True)
class Depth:
    waiting: int = 0
    #: Workers that read all of them.
    readers: int = 0


def depth(url: str, queues: IntakeQueues | None = None, *, purpose: str) -> Depth:
    """Nothing waits in queues that are not there: whoever publishes or reads makes them."""
    asked = queues or IntakeQueues()
    with broker_away_on_failure(), BlockingConnection(parameters(url, purpose)) as connection:
        channel = connection.channel()
        try:
            found = [channel.queue_declare(queue, passive=True).method for queue in (asked.one, asked.many)]
        except ChannelClosedByBroker:
            return Depth()
    return Depth(sum(queue.message_count for queue in found), min(queue.consumer_count for queue in found))
