"""The relay moves on before the broker has said that it has everything."""

from djirgo.events.message import Message
from djirgo.events.models import Event
from djirgo.events.relay import BATCH, Relay
from tests.torture.planted import put_in_place_of


def plant() -> None:
    put_in_place_of(Relay, "step", step)


def step(relay: Relay) -> bool:
    if not relay.lease.hold():
        relay.publisher.breathe()
        return False
    batch = [Message.of(event) for event in Event.objects.after(relay.lease.position())[:BATCH]]
    if batch:
        relay.lease.advance(batch[-1].sequence)
        relay.publisher.publish(batch)
    else:
        relay.publisher.breathe()
    return len(batch) == BATCH
