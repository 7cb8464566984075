"""Publishes what lies beyond its position in the log, in order, and moves its position only past what was confirmed.

A broker that is away stops the relay and nothing else. One worker relays at a time: two would break the order.
"""

from djirgo.events.brokers.seam import Publisher
from djirgo.events.message import Message
from djirgo.events.models import RELAY, Event, Position
from djirgo.events.positions import Lease

BATCH = 500


class Relay:
    name = RELAY

    def __init__(self, publisher: Publisher) -> None:
        self.publisher = publisher
        self.lease = Lease(RELAY)

    def step(self) -> bool:
        """Publish a batch; answer whether there may be more."""
        if not Event.objects.after(Position.objects.sequence_of(RELAY)).exists() or not self.lease.hold():
            self.publisher.breathe()
            return False
        batch = [Message.of(event) for event in Event.objects.after(self.lease.position())[:BATCH]]
        if batch:
            self.publisher.publish(batch)
            self.lease.advance(batch[-1].sequence)
        return len(batch) == BATCH

    def close(self) -> None:
        self.publisher.close()
        self.lease.release()
