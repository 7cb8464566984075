"""Alive, ready, degraded."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from djirgo.events.models import Event
from djirgo.intake.depth import Depth
from djirgo.ops import health
from djirgo.ops.probe import NoAnswer, Probe
from tests.ops.conftest import forget, published_up_to
from tests.servers import free_port

PASSWORD = "broker-secret"


@pytest.fixture
def broker_away(settings: Any) -> None:
    settings.RABBITMQ_URL = f"amqp://djirgo:{PASSWORD}@127.0.0.1:{free_port()}/"


@pytest.fixture
def database_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("connection to server at 10.0.0.1 failed: password database-secret")

    monkeypatch.setattr(health.database, "ask", refuse)


def test_alive_means_no_more_than_that(client: Client, broker_away: None, database_away: None) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


@pytest.mark.django_db(transaction=True)
def test_ready_when_everything_answers(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {
            "database": {"status": "ok"},
            "broker": {"status": "ok"},
            "relay": {"status": "ok", "events_behind": 0, "seconds_behind": 0.0},
        },
    }


@pytest.mark.django_db(transaction=True)
def test_degraded_and_how_far_behind_while_the_broker_is_away(
    client: Client, broker_away: None, happened: Callable[..., Event]
) -> None:
    published_up_to(happened(ago=timedelta(hours=2)).sequence)
    happened(ago=timedelta(hours=1))
    happened(ago=timedelta(minutes=1))
    happened(ago=timedelta(minutes=1), numbered=False)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    checks = answer.json()["checks"]
    assert checks["broker"] == {"status": "unavailable"}
    assert checks["relay"]["status"] == "degraded"
    assert checks["relay"]["events_behind"] == 3
    assert checks["relay"]["seconds_behind"] >= 3600
    assert PASSWORD not in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_not_ready_without_the_database(client: Client, database_away: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert answer.json()["status"] == "unavailable"
    assert answer.json()["checks"]["database"] == {"status": "unavailable"}
    assert "secret" not in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_swallows_everything_is_not_waited_for(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    monkeypatch.setattr(health.broker, "ask", never.wait)
    monkeypatch.setattr(health.broker, "patience", 0.01)
    assert client.get("/readyz").json()["checks"]["broker"] == {"status": "unavailable"}
    never.set()


@pytest.mark.parametrize(
    ("depth", "status"), [(Depth(0, 0), "ok"), (Depth(7, 1), "ok"), (Depth(7, 0), "degraded")], ids=str
)
@pytest.mark.django_db(transaction=True)
def test_degraded_while_what_was_taken_in_has_no_reader(
    depth: Depth, status: str, client: Client, broker_away: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health.broker, "ask", lambda: None)
    monkeypatch.setattr(health.intake, "ask", lambda: depth)
    answer = client.get("/readyz").json()
    assert (answer["status"], answer["checks"]["intake"]) == (status, {"status": status, "waiting": depth.waiting})


@pytest.mark.django_db(transaction=True)
def test_nobody_knows_what_waits_at_a_broker_that_is_away(client: Client, broker_away: None) -> None:
    assert client.get("/readyz").json()["checks"]["intake"] == {"status": "unavailable"}


def test_a_question_is_put_once_however_many_wait_for_its_answer() -> None:
    asked, answer = [], threading.Event()

    def ask() -> None:
        asked.append(1)
        answer.wait(30)

    probe = Probe(ask, patience=0.01)
    for _ in range(5):
        with pytest.raises(NoAnswer):
            probe()
    answer.set()
    assert len(asked) == 1


def test_an_answer_is_good_for_as_long_as_it_is_fresh() -> None:
    numbers = iter(range(10))
    always, lasting = Probe(lambda: next(numbers), patience=30), Probe(lambda: next(numbers), patience=30, fresh=3600)
    assert [always(), always()] == [0, 1]
    assert [lasting(), lasting()] == [2, 2]
    forget(lasting)
    assert lasting() == 3


def test_nobody_writes_to_a_health_page(client: Client) -> None:
    assert client.post("/readyz").status_code == 405


def test_a_probe_leaves_no_connection_behind(db: None) -> None:
    assert connection.connection is not None
    Probe(lambda: None, patience=30)()
    assert connection.connection is not None
