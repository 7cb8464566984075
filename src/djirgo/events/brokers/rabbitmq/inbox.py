"""The inbox of a reader that has a queue of its own at RabbitMQ."""

import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import islice
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from pika import BasicProperties, BlockingConnection, DeliveryMode
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError
from pika.spec import Basic

from djirgo.events.brokers.rabbitmq.connection import broker_away_on_failure, parameters
from djirgo.events.brokers.rabbitmq.publisher import Parcel
from djirgo.events.brokers.seam import BrokerAway
from djirgo.events.message import Message, Unreadable

BATCH = 500
PREFETCH = 1000
WAIT_SECONDS = 0.5

M = TypeVar("M", bound=Parcel)
logger = logging.getLogger(__name__)


class Queues(Protocol):
    """What has to be there before one of them is read, and where goes what nobody can read."""

    @property
    def dead(self) -> str: ...

    def declare(self, channel: BlockingChannel) -> None: ...


class Delivery(NamedTuple, Generic[M]):
    tag: int
    message: M
    #: How often it came before without being acknowledged, as far as the broker says.
    returned: int


class Deliveries(ABC, Generic[M]):
    """What a queue delivers, read by `_parse`, a batch at a time."""

    batch = BATCH
    prefetch = PREFETCH
    #: What came back so often may have killed whoever had it, so it comes alone.
    alone_after = 1

    def __init__(self, url: str, topology: Queues, queue: str) -> None:
        self.url = url
        self.topology = topology
        self.name = queue
        self._channel: BlockingChannel | None = None
        self._deliveries: deque[Delivery[M]] = deque()

    def take(self) -> list[M]:
        with self._connected() as channel:
            channel.connection.process_data_events(0 if self._deliveries else WAIT_SECONDS)
            if not channel.consumer_tags:
                raise BrokerAway(f"the queue {self.name} was deleted.")
        alone = self._deliveries and self._deliveries[0].returned >= self.alone_after
        return [delivery.message for delivery in islice(self._deliveries, 1 if alone else self.batch)]

    def settle(self, messages: Sequence[M]) -> None:
        """Nothing: RabbitMQ knows no transaction but its own."""

    def acknowledge(self, messages: Sequence[M]) -> None:
        with self._connected() as channel:
            tag = self._deliveries[len(messages) - 1].tag
            channel.basic_ack(tag, multiple=True)
            for _ in messages:
                self._deliveries.popleft()

    def bury(self, message: M, *, reason: str, at: datetime) -> None:
        self.lay_aside(message, reason=reason, at=at)
        self.acknowledge([message])

    def lay_aside(self, message: M, *, reason: str, at: datetime) -> None:
        """Put a copy among the dead letters."""
        headers = {"x-djirgo-queue": self.name, "x-djirgo-reason": reason}
        properties = BasicProperties(
            message_id=str(message.id),
            timestamp=int(at.timestamp()),
            headers=headers,
            delivery_mode=DeliveryMode.Persistent,
        )
        with self._connected() as channel:
            channel.basic_publish(self.topology.dead, message.type, message.body(), properties, mandatory=True)

    def close(self) -> None:
        channel, self._channel = self._channel, None
        self._deliveries.clear()
        if channel and channel.connection.is_open:
            with suppress(AMQPError, OSError):
                channel.connection.close()

    @contextmanager
    def _connected(self) -> Iterator[BlockingChannel]:
        try:
            with broker_away_on_failure():
                yield self._channel or self._connect()
        except BrokerAway:
            self.close()
            raise

    def _connect(self) -> BlockingChannel:
        connection = BlockingConnection(parameters(self.url, f"reader of {self.name}"))
        self._channel = channel = connection.channel()
        channel.confirm_delivery()
        self.topology.declare(channel)
        channel.basic_qos(prefetch_count=self.prefetch)
        channel.basic_consume(self.name, self._receive)
        return channel

    def _receive(self, channel: BlockingChannel, method: Basic.Deliver, said: BasicProperties, body: bytes) -> None:
        tag = int(method.delivery_tag or 0)
        try:
            self._deliveries.append(Delivery(tag, self._parse(body), _returned(method, said)))
        except Unreadable as problem:
            logger.warning("something in %s was put aside: %s", self.name, problem)
            channel.basic_reject(tag, requeue=False)

    @abstractmethod
    def _parse(self, body: bytes) -> M:
        """The message, or Unreadable."""


class QueueInbox(Deliveries[Message]):
    def _parse(self, body: bytes) -> Message:
        return Message.parse(body)


def _returned(method: Basic.Deliver, said: BasicProperties) -> int:
    """A quorum queue counts; any other says whether."""
    counted: Any = (said.headers or {}).get("x-delivery-count", 0)
    return max(int(counted), int(bool(method.redelivered)))
