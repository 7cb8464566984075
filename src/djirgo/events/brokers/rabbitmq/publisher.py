"""Publishes a batch at a time and waits for all its confirms together: a dozen times faster than one by one.

pika's select loop turns only while somebody waits here, so everything happens in the thread that publishes, and every
wait has a deadline. A connection that let one pass is dropped, and with it whatever it may still have meant to send.
"""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from pika import BasicProperties, DeliveryMode, SelectConnection
from pika.channel import Channel
from pika.exceptions import ConnectionClosedByClient
from pika.frame import Method
from pika.spec import Basic

from djirgo.events.brokers.rabbitmq.connection import (
    PATIENCE_SECONDS,
    broker_away_on_failure,
    parameters,
    said,
)
from djirgo.events.brokers.seam import BrokerAway

#: A queue that was deleted is back after this long, if there is anything to publish.
DECLARE_EVERY_SECONDS = 1.0


class Parcel(Protocol):
    """What can be published."""

    @property
    def id(self) -> UUID: ...

    @property
    def type(self) -> str: ...

    def body(self) -> bytes: ...


class Destination(Protocol):
    """The exchange to publish to, and the queues behind it."""

    @property
    def content_type(self) -> str: ...

    @property
    def exchange(self) -> str: ...

    def routing_key(self, type_: str) -> str: ...

    def expects(self, type_: str) -> bool:
        """Whether one of our queues has to get it, so that a message nobody gets means that one is missing."""

    @property
    def may_be_passed_over(self) -> str | None:
        """A queue that is asked for after each batch, because RabbitMQ may confirm what it has not put in there.

        So it does where the queue was deleted, and, in a cluster, where the node is away that alone has the queue.
        """

    def declare(self, channel: Channel) -> None: ...


class Link(SelectConnection):
    """One connection with one channel that confirms."""

    publishing: Channel

    def __init__(self, url: str, purpose: str) -> None:
        self.ready = False
        self.failure: str | None = None
        self.unconfirmed: set[int] = set()
        self._sent = 0
        self._asks = False
        super().__init__(
            parameters(url, purpose),
            on_open_callback=self._open_channel,
            on_open_error_callback=self._fail,
            on_close_callback=self._fail,
        )
        self.ioloop.activate_poller()

    def send(self, exchange: str, key: str, body: bytes, properties: BasicProperties, *, mandatory: bool) -> None:
        self.publishing.basic_publish(exchange, key, body, properties, mandatory=mandatory)
        self._sent += 1
        self.unconfirmed.add(self._sent)

    def ask_for(self, queue: str) -> None:
        """Whether it is there. If not, RabbitMQ closes the channel."""
        self._asks = True
        self.publishing.queue_declare(queue, passive=True, callback=self._found)

    @property
    def is_settled(self) -> bool:
        """All was confirmed, and what was asked for is there."""
        return not self.unconfirmed and not self._asks

    def wait_until(self, done: Callable[[], bool], deadline: float) -> None:
        alarm = self.ioloop.call_later(max(deadline - time.monotonic(), 0), lambda: None)
        while not done():
            if self.failure:
                raise BrokerAway(self.failure)
            if time.monotonic() >= deadline:
                raise BrokerAway("RabbitMQ is away: it did not answer in time.")
            self.turn()
        self.ioloop.remove_timeout(alarm)

    def breathe(self) -> None:
        self.ioloop.call_later(0, lambda: None)
        self.turn()

    def turn(self) -> None:
        self.ioloop.poll()
        self.ioloop.process_timeouts()

    def drop(self) -> None:
        """Hang up without asking: a peer that swallows packets would not answer a goodbye."""
        if not self.failure:
            self._terminate_stream(ConnectionClosedByClient(200, "dropped"))  # type: ignore[attr-defined]
            self.breathe()
        self.ioloop.deactivate_poller()
        self.ioloop.close()

    def _open_channel(self, _: SelectConnection) -> None:
        self.channel(on_open_callback=self._confirm)

    def _confirm(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._fail)
        channel.add_on_return_callback(self._returned)
        self.publishing = channel
        channel.confirm_delivery(self._confirmed, callback=self._get_ready)

    def _get_ready(self, _: object) -> None:
        self.ready = True

    def _confirmed(self, frame: Method[Basic.Ack | Basic.Nack]) -> None:
        if isinstance(frame.method, Basic.Nack):
            self.failure = self.failure or "RabbitMQ refused a message."
        elif frame.method.multiple:
            self.unconfirmed = {tag for tag in self.unconfirmed if tag > frame.method.delivery_tag}
        else:
            self.unconfirmed.discard(frame.method.delivery_tag)

    def _found(self, _: object) -> None:
        self._asks = False

    def _returned(self, _: Channel, returned: Basic.Return, *__: object) -> None:
        self.failure = self.failure or f"no queue at RabbitMQ is bound to {returned.routing_key} any more."

    def _fail(self, _: object, problem: BaseException) -> None:
        self.failure = self.failure or said(problem)


class ConfirmingPublisher:
    def __init__(
        self,
        url: str,
        topology: Destination,
        *,
        keep: timedelta = timedelta(0),
        patience: float = PATIENCE_SECONDS,
        purpose: str = "relay",
    ) -> None:
        self.url = url
        self.topology = topology
        self.keep = keep
        self.patience = patience
        self.purpose = purpose
        self._link: Link | None = None
        self._declared_at = 0.0

    def publish(self, messages: Sequence[Parcel]) -> None:
        deadline = time.monotonic() + self.patience
        try:
            with broker_away_on_failure():
                link = self._connected(deadline)
                self._declare(link)
                for message in messages:
                    self._send(link, message)
                if queue := self.topology.may_be_passed_over:
                    link.ask_for(queue)
                link.wait_until(lambda: link.is_settled, deadline)
                if link.failure:
                    raise BrokerAway(link.failure)
        except Exception:
            self.close()  # whatever it was, nobody knows what has become of the connection
            raise

    def breathe(self) -> None:
        if self._link:
            try:
                self._link.breathe()
            except Exception:
                self.close()
                raise
            if self._link.failure:
                self.close()

    def close(self) -> None:
        link, self._link = self._link, None
        if link:
            link.drop()

    def _send(self, link: Link, message: Parcel) -> None:
        to = self.topology
        expected = to.expects(message.type)
        key = to.routing_key(message.type)
        link.send(to.exchange, key, message.body(), self._properties(message), mandatory=expected)

    def _connected(self, deadline: float) -> Link:
        if self._link is None:
            self._link = link = Link(self.url, self.purpose)
            self._declared_at = 0.0
            self._open(link, deadline)
        return self._link

    def _open(self, link: Link, deadline: float) -> None:
        try:
            link.wait_until(lambda: link.ready, deadline)
        except ValueError as problem:  # so pika tells of a peer that took the call and hung up at once
            raise BrokerAway(f"RabbitMQ is away: {problem}") from problem

    def _declare(self, link: Link) -> None:
        if time.monotonic() - self._declared_at > DECLARE_EVERY_SECONDS:
            self.topology.declare(link.publishing)
            self._declared_at = time.monotonic()

    def _properties(self, message: Parcel) -> BasicProperties:
        return BasicProperties(
            content_type=self.topology.content_type,
            delivery_mode=DeliveryMode.Persistent,
            message_id=str(message.id),
            expiration=str(int(self.keep.total_seconds() * 1000)) if self.keep else None,
        )
