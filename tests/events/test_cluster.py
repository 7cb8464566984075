"""RabbitMQ as a cluster, of which one node goes: nobody misses anything."""

from collections.abc import Iterator

import orjson
import pytest
from django.utils import timezone

from djirgo.events.brokers.rabbitmq import RabbitMQBroker
from djirgo.events.brokers.seam import BrokerAway
from djirgo.events.models import Position
from djirgo.events.relay import Relay
from tests.conftest import without
from tests.events.conftest import Listener, happen, number_all, waiting_in
from tests.servers import Missing, RabbitMQ, eventually

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def _cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[RabbitMQ]]:
    try:
        nodes = RabbitMQ.cluster(tmp_path_factory.mktemp("cluster"), 3)
    except Missing as missing:
        without(missing)
        raise
    yield nodes
    for node in reversed(nodes):
        node.clear()


@pytest.fixture
def nodes(_cluster: list[RabbitMQ]) -> list[RabbitMQ]:
    """All of them are there when a test begins."""
    for node in _cluster:
        if not node.is_running:
            node.start()
    return _cluster


def relay_by(node: RabbitMQ, vhost: str) -> Relay:
    """To the queue of tasks, and to one of a consumer, which several nodes have in any case."""
    return Relay(RabbitMQBroker(node.url(vhost), (Listener().subscription,)).publisher())


def is_through(relay: Relay, sequence: int) -> bool:
    try:
        relay.step()
    except BrokerAway:
        return False
    return Position.objects.get(reader="relay").sequence == sequence


def sequences_in(queue: str, url: str) -> list[int]:
    return [orjson.loads(body)["sequence"] for _, body in waiting_in(queue, url)]


@pytest.mark.parametrize("vhost", [RabbitMQ.PLAIN, RabbitMQ.REPLICATED])
def test_while_a_node_is_away_nothing_is_confirmed_that_a_queue_has_not_got(nodes: list[RabbitMQ], vhost: str) -> None:
    here, elsewhere = nodes[0], nodes[1]
    RabbitMQBroker(here.url(vhost)).prepare(at=timezone.now())
    happen("task.created")
    number_all()
    first = relay_by(here, vhost)
    eventually(lambda: is_through(first, 1), "the queues are made here")
    first.close()
    relay = relay_by(elsewhere, vhost)
    happen("task.updated")
    number_all()
    eventually(lambda: is_through(relay, 2), "the relay publishes elsewhere")

    here.kill()
    happen("task.updated")
    number_all()
    if vhost == RabbitMQ.REPLICATED:
        eventually(lambda: is_through(relay, 3), "it goes on")
    else:
        assert [is_through(relay, 3) for _ in range(5)] == [False] * 5
    here.start()
    eventually(lambda: is_through(relay, 3), "it is through")
    relay.close()
    assert [*dict.fromkeys(sequences_in("djirgo.tasks", elsewhere.url(vhost)))] == [1, 2, 3]
