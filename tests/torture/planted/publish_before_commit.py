"""An event is told while its change may still be undone."""

import threading
from contextlib import suppress
from typing import Any

from djirgo.events.brokers import broker
from djirgo.events.brokers.seam import BrokerAway
from djirgo.events.message import Message
from djirgo.events.models import Event, EventQuerySet
from tests.torture.planted import put_in_place_of

record = EventQuerySet.record
own = threading.local()


def plant() -> None:
    put_in_place_of(EventQuerySet, "record", record_and_publish)


def record_and_publish(events: EventQuerySet, type_: str, **told: Any) -> Event:
    event = record(events, type_, **told)
    event.sequence = 0
    if not hasattr(own, "publisher"):
        own.publisher = broker().publisher()
    with suppress(BrokerAway):
        own.publisher.publish([Message.of(event)])
    return event
