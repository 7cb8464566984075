"""From embedded to RabbitMQ and back: nothing is lost on the way, and nothing is dealt with twice."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from djirgo.events.brokers.inprocess import InProcessBroker
from djirgo.events.models import Event, Position, Receipt
from tests.events.conftest import Harness, Listener, RabbitMQHarness, happen, number_all, waiting_in

pytestmark = pytest.mark.django_db


def places() -> dict[str, int]:
    return dict(Position.objects.values_list("reader", "sequence"))


def embedded(*listeners: Listener) -> Harness:
    harness = Harness(InProcessBroker)
    harness.connect(*listeners)
    return harness


def test_what_happened_before_the_first_worker_ran_is_not_missed() -> None:
    happen(), happen()
    listener = Listener()
    harness = embedded(listener)
    harness.hand_on()
    harness.drive(harness.consumer(listener), lambda: len(listener.heard) == 2, "both are heard")
    assert places()["djirgo.tasks"] == 0


def test_a_consumer_that_is_new_hears_of_what_happens_from_now_on() -> None:
    embedded(Listener("first"))
    happen()
    number_all()
    embedded(Listener("first"), Listener("second"))
    assert places() == {"sequencer": 1, "consumer:first": 0, "consumer:second": 1, "djirgo.tasks": 0}


def test_the_relay_begins_where_the_slowest_reader_was(rabbitmq: RabbitMQHarness) -> None:
    listener = Listener()
    harness = embedded(listener)
    for _ in range(4):
        happen()
    number_all()
    Position.objects.filter(reader="djirgo.tasks").update(sequence=1)
    harness.drive(harness.consumer(listener), lambda: len(listener.heard) == 4, "all are heard")
    harness.close()
    Receipt.objects.all().delete()

    (consumer,) = rabbitmq.connect(listener)
    happen()
    rabbitmq.hand_on()
    assert len(waiting_in(f"{rabbitmq.prefix}.tasks", rabbitmq.url)) == 4
    rabbitmq.drive(consumer, lambda: len(listener.heard) > 4, "what is new is heard")
    assert listener.sequences == [1, 2, 3, 4, 5]


def test_back_from_rabbitmq_consumers_resume_where_receipts_begin(settings: Any) -> None:
    settings.KEEP_RECEIPTS = timedelta(days=30)
    listener = Listener()
    for days in (90, 60, 3, 0):
        happen()
        Event.objects.filter(sequence=None).update(time=timezone.now() - timedelta(days=days))
        number_all()
    Position.objects.create(reader="relay", sequence=3)
    Position.objects.create(reader="consumer:listener", sequence=0)
    Receipt.objects.leave("listener", [Event.objects.get(sequence=3).uuid], at=timezone.now())

    harness = embedded(listener)
    assert places() == {"sequencer": 4, "consumer:listener": 2, "djirgo.tasks": 3}
    harness.drive(harness.consumer(listener), lambda: listener.heard, "what RabbitMQ has not had is heard")
    assert listener.sequences == [4]
