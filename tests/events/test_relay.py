"""The relay and a RabbitMQ that comes and goes: nothing is lost, nothing is out of order, and nobody else waits."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import orjson
import pika
import pytest
from django.utils import timezone

from djirgo.events.brokers.rabbitmq import RabbitMQBroker, connection
from djirgo.events.brokers.rabbitmq.publisher import ConfirmingPublisher, Link
from djirgo.events.brokers.seam import BrokerAway
from djirgo.events.message import Message
from djirgo.events.models import Position
from djirgo.events.positions import LeaseLost
from djirgo.events.relay import Relay
from tests.events.conftest import Listener, RabbitMQHarness, happen, number_all, waiting_in
from tests.proxy import Proxy
from tests.servers import RabbitMQ, eventually

pytestmark = pytest.mark.django_db


@pytest.fixture
def proxy(rabbitmq: RabbitMQHarness) -> Iterator[Proxy]:
    proxy = Proxy(rabbitmq.url)
    yield proxy
    proxy.cut()


@pytest.fixture
def relay(rabbitmq: RabbitMQHarness, proxy: Proxy) -> Iterator[Relay]:
    """Publishes by way of the proxy."""
    broker = RabbitMQBroker(proxy.url, prefix=rabbitmq.prefix)
    broker.prepare(at=timezone.now())
    relay = Relay(ConfirmingPublisher(proxy.url, broker.topology, patience=1.0))
    yield relay
    relay.close()


def sequences_in(queue: str, url: str) -> list[int]:
    return [orjson.loads(body)["sequence"] for _, body in waiting_in(queue, url)]


def position() -> int:
    return Position.objects.get(reader="relay").sequence


def published(relay: Relay, sequence: int) -> Callable[[], bool]:
    """Step as the worker does, until the relay has come so far."""

    def step() -> bool:
        try:
            relay.step()
        except BrokerAway:
            return False
        return position() == sequence

    return step


def test_a_message_is_durable_and_says_what_it_is(rabbitmq: RabbitMQHarness, settings: Any) -> None:
    settings.KEEP_MESSAGES = timedelta(days=2)
    rabbitmq.connect()
    event = happen("task.created", 17)
    rabbitmq.hand_on()
    ((properties, body),) = waiting_in(f"{rabbitmq.prefix}.tasks", rabbitmq.url)
    assert properties.message_id == orjson.loads(body)["id"] == str(event.uuid)
    assert properties.content_type == "application/cloudevents+json"
    assert (properties.delivery_mode, properties.expiration) == (2, "172800000")


def test_a_message_that_is_kept_for_ever_does_not_expire(rabbitmq: RabbitMQHarness, settings: Any) -> None:
    settings.KEEP_MESSAGES = timedelta(0)
    rabbitmq.connect()
    happen()
    rabbitmq.hand_on()
    ((properties, _),) = waiting_in(f"{rabbitmq.prefix}.tasks", rabbitmq.url)
    assert properties.expiration is None


def test_a_connection_that_fails_while_it_opens_is_not_kept(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    """pika raises no error of its own where the peer hangs up before it has asked for its name."""

    def hang_up(link: Link) -> None:
        monkeypatch.undo()
        raise ValueError("Expected connected socket, but getpeername() failed")

    happen()
    number_all()
    monkeypatch.setattr(Link, "turn", hang_up)
    with pytest.raises(BrokerAway):
        relay.step()
    assert position() == 0
    relay.step()
    assert position() == 1


def test_any_client_may_declare_the_queue_of_tasks_the_plain_way(rabbitmq: RabbitMQHarness) -> None:
    rabbitmq.connect()
    with pika.BlockingConnection(pika.URLParameters(rabbitmq.url)) as client:
        channel = client.channel()
        channel.queue_declare(f"{rabbitmq.prefix}.tasks", durable=True)
        channel.exchange_declare(f"{rabbitmq.prefix}.events", "topic", durable=True)


def test_an_event_that_nobody_is_bound_to_holds_up_nobody(rabbitmq: RabbitMQHarness) -> None:
    rabbitmq.connect()
    happen("comment.added"), happen("task.created")
    rabbitmq.hand_on()
    assert sequences_in(f"{rabbitmq.prefix}.tasks", rabbitmq.url) == [2]
    assert position() == 2


def test_a_queue_that_was_deleted_comes_back_with_what_it_would_have_missed(
    rabbitmq: RabbitMQHarness, relay: Relay
) -> None:
    happen()
    number_all()
    relay.step()
    with pika.BlockingConnection(pika.URLParameters(rabbitmq.url)) as client:
        client.channel().queue_delete(f"{rabbitmq.prefix}.tasks")
    happen()
    number_all()
    eventually(published(relay, 2), "the second is published")
    assert sequences_in(f"{rabbitmq.prefix}.tasks", rabbitmq.url) == [2]


def test_nobody_who_is_not_asked_misses_what_was_published_while_their_queue_was_gone(
    rabbitmq: RabbitMQHarness,
) -> None:
    """Others have got it, so RabbitMQ confirms it and returns nothing."""
    rabbitmq.connect(Listener())
    assert rabbitmq.relay
    happen("task.created")
    rabbitmq.hand_on()
    with pika.BlockingConnection(pika.URLParameters(rabbitmq.url)) as client:
        client.channel().queue_delete(f"{rabbitmq.prefix}.tasks")
    happen("task.created")
    number_all()
    with pytest.raises(BrokerAway):
        rabbitmq.relay.step()
    eventually(published(rabbitmq.relay, 2), "the second is published")
    assert sequences_in(f"{rabbitmq.prefix}.tasks", rabbitmq.url) == [2]


def test_while_rabbitmq_is_away_the_position_stays_and_then_all_goes_out_in_order(
    rabbitmq: RabbitMQHarness, proxy: Proxy, relay: Relay
) -> None:
    happen()
    number_all()
    relay.step()
    proxy.cut()
    for _ in range(1200):
        happen()
    number_all()
    for _ in range(3):
        with pytest.raises(BrokerAway):
            relay.step()
    assert position() == 1
    proxy.mend()
    eventually(published(relay, 1201), "all is published")
    assert sequences_in(f"{rabbitmq.prefix}.tasks", rabbitmq.url) == list(range(1, 1202))


def test_a_network_that_swallows_everything_is_noticed(rabbitmq: RabbitMQHarness, proxy: Proxy, relay: Relay) -> None:
    happen()
    number_all()
    relay.step()
    happen()
    number_all()
    proxy.swallows.set()
    began = time.monotonic()
    with pytest.raises(BrokerAway, match="did not answer in time"):
        relay.step()
    with pytest.raises(BrokerAway, match="did not answer in time"):
        relay.step()
    assert time.monotonic() - began < 30
    assert position() == 1
    proxy.swallows.clear()
    proxy.hang_up()
    eventually(published(relay, 2), "the second is published")
    assert sequences_in(f"{rabbitmq.prefix}.tasks", rabbitmq.url) == [1, 2]


def test_what_is_published_twice_is_dealt_with_once(rabbitmq: RabbitMQHarness) -> None:
    listener = Listener()
    (consumer,) = rabbitmq.connect(listener)
    for _ in range(3):
        happen()
    rabbitmq.hand_on()
    Position.objects.filter(reader="relay").update(sequence=0)
    happen()
    rabbitmq.hand_on()
    rabbitmq.drive(consumer, lambda: len(listener.heard) >= 4, "all are heard")
    assert listener.sequences == [1, 2, 3, 4]


def test_of_two_relays_only_the_holder_moves_the_position(rabbitmq: RabbitMQHarness, relay: Relay) -> None:
    happen()
    number_all()
    relay.step()
    happen()
    number_all()
    rival = Relay(relay.publisher)
    assert rival.step() is False
    assert position() == 1
    Position.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    rival.step()
    assert position() == 2
    with pytest.raises(LeaseLost):
        relay.lease.advance(1)
    assert position() == 2


class Overtaken(ConfirmingPublisher):
    """Publishes so slowly that somebody else takes over meanwhile."""

    def publish(self, messages: Sequence[Message]) -> None:
        super().publish(messages)
        Position.objects.filter(reader="relay").update(holder="00000000-0000-0000-0000-000000000001")


def test_a_relay_that_was_overtaken_while_it_published_leaves_the_position_alone(rabbitmq: RabbitMQHarness) -> None:
    rabbitmq.connect()
    assert rabbitmq.relay
    rabbitmq.relay.close()
    happen()
    number_all()
    relay = Relay(Overtaken(rabbitmq.url, rabbitmq.broker.topology))  # type: ignore[attr-defined]
    with pytest.raises(LeaseLost):
        relay.step()
    assert position() == 0
    relay.close()


def test_an_idle_connection_shows_signs_of_life(
    rabbitmq: RabbitMQHarness, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEARTBEAT_SECONDS", 1)
    happen()
    number_all()
    relay.step()
    first = relay.publisher._link  # type: ignore[attr-defined]
    deadline = time.monotonic() + 6
    while time.monotonic() < deadline:
        relay.step()
        time.sleep(0.1)
    happen()
    number_all()
    relay.step()
    assert relay.publisher._link is first  # type: ignore[attr-defined]


@pytest.mark.timeout(240)
def test_a_broker_that_comes_back_with_nothing_is_set_up_again(broker_server: RabbitMQ) -> None:
    topology = RabbitMQBroker(broker_server.url()).topology
    RabbitMQBroker(broker_server.url()).prepare(at=timezone.now())
    relay = Relay(ConfirmingPublisher(broker_server.url(), topology))
    happen()
    number_all()
    eventually(published(relay, 1), "the first is published")
    with pika.BlockingConnection(pika.URLParameters(broker_server.url())) as client:
        channel = client.channel()
        for queue in (topology.tasks, topology.dead):
            channel.queue_delete(queue)
        for exchange in (topology.events, topology.dead):
            channel.exchange_delete(exchange)
    broker_server.kill()
    happen()
    number_all()
    with pytest.raises(BrokerAway):
        relay.step()
    broker_server.start()
    eventually(published(relay, 2), "the second is published")
    relay.close()
    assert sequences_in("djirgo.tasks", broker_server.url()) == [2]
