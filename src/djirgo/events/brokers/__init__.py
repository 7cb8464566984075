"""Which broker there is: RabbitMQ where `RABBITMQ_URL` is set, the log itself where it is not."""

from django.conf import settings

from djirgo.events.brokers.inprocess import InProcessBroker
from djirgo.events.brokers.rabbitmq import RabbitMQBroker
from djirgo.events.brokers.seam import Broker
from djirgo.events.subscriptions import subscriptions


def broker() -> Broker:
    if settings.RABBITMQ_URL:
        return RabbitMQBroker(settings.RABBITMQ_URL, subscriptions())
    return InProcessBroker(subscriptions())
