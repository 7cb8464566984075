"""What Prometheus reads."""

from collections.abc import Callable
from datetime import timedelta
from time import perf_counter
from typing import Any

import httpx
import pytest
from django.db import OperationalError, connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from djirgo.events.models import Event
from djirgo.ops import health, metrics, retention, start
from djirgo.ops.logs import CAME_AT
from djirgo.ops.side_door import open_side_door
from djirgo.tasks.models import TaskCount
from tests.ops.conftest import NOW, published_up_to
from tests.ops.test_retention import leave_receipts

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
pytestmark = pytest.mark.django_db(transaction=True)


def samples(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(client: Client) -> Samples:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    return samples(answer.content.decode())


def value(found: Samples, name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0.0)


def test_the_time_that_a_request_had_to_wait_counts(client: Client) -> None:
    labels = {"method": "GET", "route": "api/tasks/(?P<pk>\\d{1,18})/$"}
    before = value(scrape(client), "djirgo_request_seconds_sum", **labels)
    Client(**{CAME_AT: perf_counter() - 0.5}).get("/api/tasks/1/")
    assert value(scrape(client), "djirgo_request_seconds_sum", **labels) - before > 0.5


def test_requests_are_counted_by_method_route_and_status(client: Client) -> None:
    labels = {"method": "GET", "route": "api/tasks/(?P<pk>\\d{1,18})/$", "status": "401"}
    before = value(scrape(client), "djirgo_requests_total", **labels)
    client.get("/api/tasks/1/")
    client.get("/api/tasks/2/")
    found = scrape(client)
    assert value(found, "djirgo_requests_total", **labels) == before + 2
    assert value(found, "djirgo_request_seconds_count", method="GET", route=labels["route"]) >= 2


def test_made_up_addresses_and_methods_make_no_new_series(client: Client) -> None:
    client.get("/made/up/1")
    client.generic("BREW", "/made/up/2")
    found = scrape(client)
    assert value(found, "djirgo_requests_total", method="GET", route="none", status="404") > 0
    assert value(found, "djirgo_requests_total", method="other", route="none", status="404") > 0
    assert not any("made" in str(labels) for _, labels in found)


def test_tasks_are_shown_in_every_status(client: Client) -> None:
    TaskCount.objects.create(project=1, status="New", number=5_000_000)
    found = scrape(client)
    assert value(found, "djirgo_tasks", status="New") == 5_000_000
    assert ("djirgo_tasks", frozenset({("status", "Failed")})) in found
    assert value(found, "djirgo_database_up") == 1


def test_the_lag_is_shown_in_events_and_seconds(client: Client, happened: Callable[..., Event]) -> None:
    published_up_to(happened(ago=timedelta(hours=2)).sequence)
    happened(ago=timedelta(hours=1))
    found = scrape(client)
    assert value(found, "djirgo_relay_lag_events") == 1
    assert value(found, "djirgo_relay_lag_seconds") >= 3600


def test_the_oldest_transaction_that_somebody_else_has_open_is_shown(client: Client) -> None:
    if connection.vendor == "sqlite":
        assert not any(name == "djirgo_oldest_transaction_seconds" for name, _ in scrape(client))
        return
    with start.apart() as other, other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT pg_sleep(0.1)")
        metrics.oldest_transaction._answer = None
        assert value(scrape(client), "djirgo_oldest_transaction_seconds") > 0.1


def test_pruned_rows_are_counted_by_kind(client: Client) -> None:
    before = value(scrape(client), "djirgo_pruned_rows_total", kind="receipts")
    leave_receipts(3, days=31)
    retention.prune(at=NOW)
    assert value(scrape(client), "djirgo_pruned_rows_total", kind="receipts") == before + 3


def test_the_rest_is_shown_while_the_database_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError

    monkeypatch.setattr(health.lag, "ask", refuse)
    found = scrape(client)
    assert found["djirgo_database_up", frozenset()] == 0
    assert any(name == "djirgo_requests_total" for name, _ in found)
    assert not any(name == "djirgo_tasks" for name, _ in found)


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Bearer é"}, 401),
        ({"Authorization": "Bearer let-me-see"}, 200),
    ],
)
def test_metrics_ask_for_the_token_where_there_is_one(
    client: Client, settings: Any, header: dict[str, str], status: int
) -> None:
    settings.METRICS_TOKEN = "let-me-see"
    assert client.get("/metrics", headers=header).status_code == status


def test_a_worker_shows_its_metrics_by_the_side_door(settings: Any) -> None:
    with open_side_door("127.0.0.1", 0) as door:
        address = f"http://127.0.0.1:{door.server_port}"
        assert httpx.get(f"{address}/healthz").json() == {"status": "ok"}
        assert samples(httpx.get(f"{address}/metrics").text)
        settings.METRICS_TOKEN = "let-me-see"
        assert httpx.get(f"{address}/metrics").status_code == 401
        assert httpx.get(f"{address}/api/tasks/").status_code == 404
        door.shutdown()
