"""Both brokers behind one face, so that one suite holds them to one contract."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
import pika
import pytest
from django.utils import timezone

from djirgo.events.brokers.inprocess import InProcessBroker
from djirgo.events.brokers.rabbitmq import RabbitMQBroker
from djirgo.events.brokers.seam import Broker
from djirgo.events.consumer import Consumer
from djirgo.events.message import Message
from djirgo.events.models import DeadLetter, Event, Position
from djirgo.events.relay import Relay
from djirgo.events.sequencer import number_events
from djirgo.events.subscriptions import Subscription
from tests.servers import eventually


class Poison(Exception):
    """What a consumer that cannot deal with a message raises."""


def happen(type_: str = "task.updated", task: int = 1, **data: Any) -> Event:
    subject = f"tasks/{task}"
    told = Event.objects.all().record(type_, subject=subject, scope="projects/1", data=data, at=timezone.now())
    return Event.objects.get(uuid=told.uuid)


def number_all() -> None:
    while number_events():
        pass


@dataclass
class Listener:
    """A consumer that writes down what it hears."""

    name: str = "listener"
    patterns: tuple[str, ...] = ("#",)
    heard: list[Message] = field(default_factory=list)
    #: The places of messages that it cannot deal with.
    chokes_on: set[int] = field(default_factory=set)

    def handle(self, messages: Sequence[Message]) -> None:
        if self.chokes_on & {message.sequence for message in messages}:
            raise Poison("cannot deal with this")
        self.heard += messages

    @property
    def subscription(self) -> Subscription:
        return Subscription(self.name, self.patterns, self.handle)

    @property
    def sequences(self) -> list[int]:
        return [message.sequence for message in self.heard]


class Harness:
    """What the suite does with a broker, whichever it is."""

    def __init__(self, build: Callable[[tuple[Subscription, ...]], Broker]) -> None:
        self.build = build
        self.relay: Relay | None = None
        self.consumers: list[Consumer] = []

    def connect(self, *listeners: Listener) -> list[Consumer]:
        self.broker = self.build(tuple(listener.subscription for listener in listeners))
        self.broker.prepare(at=timezone.now())
        if publisher := self.broker.publisher():
            self.relay = Relay(publisher)
        return [self.consumer(listener) for listener in listeners]

    def consumer(self, listener: Listener) -> Consumer:
        consumer = Consumer(listener.subscription, self.broker.inbox(listener.subscription))
        self.consumers.append(consumer)
        return consumer

    def hand_on(self) -> None:
        """Number what was committed, and publish it."""
        number_all()
        while self.relay and self.relay.step():
            pass

    def drive(self, consumer: Consumer, until: Callable[[], object], what: str) -> None:
        """As the worker does: step after step, and again after a failure."""

        def step() -> object:
            with suppress(Poison):
                consumer.step()
            return until()

        eventually(step, what, patience=60)

    def dead_letters(self) -> list[tuple[str, str]]:
        """The id and the reason of each."""
        return [(str(letter.event), letter.reason) for letter in DeadLetter.objects.order_by("id")]

    def lose(self, consumer: Consumer) -> None:
        """Its worker dies: it says no goodbye, its lease runs out, its connection ends."""
        Position.objects.exclude(holder=None).update(held_until=timezone.now() - timedelta(seconds=1))

    def close(self) -> None:
        for consumer in self.consumers:
            consumer.close()
        if self.relay:
            self.relay.close()


class RabbitMQHarness(Harness):
    def __init__(self, url: str) -> None:
        self.url = url
        self.prefix = f"test-{uuid.uuid4().hex[:8]}"
        super().__init__(lambda subscriptions: RabbitMQBroker(url, subscriptions, prefix=self.prefix))

    def dead_letters(self) -> list[tuple[str, str]]:
        return [
            (orjson.loads(body)["id"], properties.headers["x-djirgo-reason"])
            for properties, body in waiting_in(f"{self.prefix}.dead", self.url)
        ]

    def lose(self, consumer: Consumer) -> None:
        super().lose(consumer)
        consumer.inbox.close()

    def close(self) -> None:
        super().close()
        names = [consumer.subscription.name for consumer in self.consumers]
        with pika.BlockingConnection(pika.URLParameters(self.url)) as connection:
            channel = connection.channel()
            for name in [*names, "tasks", "dead"]:
                channel.queue_delete(f"{self.prefix}.{name}")
            for name in ("events", "dead"):
                channel.exchange_delete(f"{self.prefix}.{name}")


def waiting_in(queue: str, url: str) -> list[tuple[pika.BasicProperties, bytes]]:
    """What is in the queue now. It is taken out."""
    found = []
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        while (delivery := channel.basic_get(queue, auto_ack=True))[0] is not None:
            found.append((delivery[1], delivery[2]))
    return found


@pytest.fixture
def rabbitmq(rabbitmq_url: str) -> Iterator[RabbitMQHarness]:
    harness = RabbitMQHarness(rabbitmq_url)
    yield harness
    harness.close()


@pytest.fixture(params=["inprocess", "rabbitmq"])
def broker(request: pytest.FixtureRequest) -> Iterator[Harness]:
    if request.param == "rabbitmq":
        yield request.getfixturevalue("rabbitmq")
        return
    harness = Harness(InProcessBroker)
    yield harness
    harness.close()
