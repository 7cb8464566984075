"""RabbitMQ: whether it lets us in, and whether it has what other systems expect of it."""

from django.conf import settings
from pika import BlockingConnection
from pika.exceptions import ChannelClosed

from djirgo.events.brokers.rabbitmq.connection import broker_away_on_failure, parameters
from djirgo.events.brokers.rabbitmq.topology import Topology
from djirgo.events.brokers.seam import BrokerAway
from djirgo.intake.depth import depth
from djirgo.ops.doctor.finding import Finding, failure, warning, well


def rabbitmq() -> Finding:
    try:
        _connect().close()
    except BrokerAway as away:
        return failure(str(away), "Start it, or correct RABBITMQ_URL. Until then events wait, and nothing else does.")
    return well("it lets us in")


def queues() -> Finding:
    """A worker makes them when it starts."""
    topology = Topology()
    try:
        with _connect() as connection:
            channel = connection.channel()
            channel.exchange_declare(topology.events, passive=True)
            waiting = channel.queue_declare(topology.tasks, passive=True).method.message_count
    except ChannelClosed as closed:
        return warning(closed.reply_text, "Start `djirgo work`, which makes what is missing.")
    except BrokerAway as away:
        return failure(str(away), "As above.")
    return well(f"{waiting} messages in {topology.tasks}")


def intake() -> Finding:
    """Whether what was taken in is being written."""
    try:
        found = depth(settings.RABBITMQ_URL, purpose="doctor")
    except BrokerAway as away:
        return failure(str(away), "As above.")
    if found.waiting and not found.readers:
        return warning(f"{found.waiting} requests wait to be written", "Start `djirgo work`, which writes them.")
    return well(f"{found.waiting} requests wait to be written")


def _connect() -> BlockingConnection:
    with broker_away_on_failure():
        return BlockingConnection(parameters(settings.RABBITMQ_URL, "doctor"))
