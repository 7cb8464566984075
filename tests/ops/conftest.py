"""Rows that are old, and the answers of the probes fresh for every test."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.utils import timezone

from djirgo.accounts.models import User
from djirgo.events.models import Event, Position
from djirgo.events.subscriptions import Subscription
from djirgo.ops import health, metrics
from djirgo.ops.probe import Probe

NOW = timezone.now()
#: Somebody who has to be waited for.
SUBSCRIPTIONS = (Subscription("reader", ("task.#",), lambda messages: None),)


@pytest.fixture(autouse=True)
def fresh_probes() -> None:
    """What one test was told is not told to the next."""
    known = (health.database, health.broker, health.lag, health.intake, metrics.task_counts, metrics.oldest_transaction)
    for probe in known:
        forget(probe)


def forget(probe: Probe) -> None:
    probe._answer = None


@pytest.fixture(autouse=True)
def one_reader(settings: Any) -> None:
    settings.EVENT_SUBSCRIPTIONS = "tests.ops.conftest.SUBSCRIPTIONS"


@pytest.fixture
def ann(db: None) -> User:
    return User.objects.create_user("ann", password="correct horse battery")


@pytest.fixture
def happened(db: None) -> Callable[..., Event]:
    """An event as the sequencer has left it: with the next place in the log, or without any."""
    places = count(1)

    def happen(*, ago: timedelta, numbered: bool = True) -> Event:
        told = Event.objects.all().record("task.updated", subject="tasks/1", scope="projects/1", data={}, at=NOW - ago)
        event = Event.objects.get(uuid=told.uuid)
        if numbered:
            event.sequence = next(places)
            event.save(update_fields=["sequence"])
            Position.objects.update_or_create(reader="sequencer", defaults={"sequence": event.sequence})
        return event

    return happen


def published_up_to(sequence: int) -> None:
    """As far as every reader that there may be has come."""
    for reader in ("relay", SUBSCRIPTIONS[0].reader):
        Position.objects.update_or_create(reader=reader, defaults={"sequence": sequence})


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)
