"""The lag: what was committed and is still owed, and how long the oldest of it has been waiting."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from djirgo.events.brokers import broker
from djirgo.events.lag import Lag, lag
from djirgo.events.models import Event, Position
from tests.events.conftest import Listener, number_all

pytestmark = pytest.mark.django_db

NOW = timezone.now()
LISTENER = (Listener().subscription,)


def happened(*, ago: int) -> datetime:
    at = NOW - timedelta(seconds=ago)
    Event.objects.all().record("task.updated", subject="tasks/1", scope="projects/1", data={}, at=at)
    return at


@pytest.fixture(params=["", "amqp://nobody@nowhere.invalid/"], ids=["inprocess", "rabbitmq"])
def reader(request: pytest.FixtureRequest, settings: Any) -> str:
    """Whoever things are owed to."""
    settings.RABBITMQ_URL = request.param
    settings.EVENT_SUBSCRIPTIONS = f"{__name__}.LISTENER"
    broker().prepare(at=NOW)
    return "relay" if request.param else "consumer:listener"


def test_where_nothing_happened_nothing_is_owed(reader: str) -> None:
    assert lag(at=NOW) == Lag(0, 0.0)


def test_what_is_not_numbered_yet_is_owed(reader: str) -> None:
    happened(ago=5)
    assert lag(at=NOW) == Lag(1, 5.0)


def test_what_lies_beyond_the_position_is_owed(reader: str) -> None:
    for ago in (90, 60, 30):
        happened(ago=ago)
    number_all()
    happened(ago=10)
    Position.objects.filter(reader=reader).update(sequence=1)
    assert lag(at=NOW) == Lag(3, 60.0)


def test_what_was_handed_on_is_owed_no_more(reader: str) -> None:
    happened(ago=90)
    number_all()
    Position.objects.filter(reader=reader).update(sequence=1)
    assert lag(at=NOW) == Lag(0, 0.0)


def test_nobody_waits_for_the_people_who_read_the_queue(reader: str) -> None:
    happened(ago=90)
    number_all()
    Position.objects.filter(reader=reader).update(sequence=1)
    Position.objects.update_or_create(reader="djirgo.tasks", defaults={"sequence": 0})
    assert lag(at=NOW).events == 0
