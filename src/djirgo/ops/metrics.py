"""What the program counts, in the form that Prometheus reads.

Each process counts for itself; the processes of one server are added up (`ops.counters`). What is
not counted but stands in the database is asked for when somebody looks.
"""

import os
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import prometheus_client
from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from prometheus_client.values import ValueClass

from djirgo.ops import health
from djirgo.ops.counters import FOLDER
from djirgo.ops.logs import came_at
from djirgo.ops.probe import NoAnswer, Probe
from djirgo.rest import problems
from djirgo.tasks.models.count import counts

#: Of everybody else who uses this database, as far as its role lets us see them.
OLDEST_TRANSACTION = """
    SELECT coalesce(extract(epoch FROM clock_timestamp() - min(xact_start)), 0)::float FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS = prometheus_client.Counter("djirgo_requests", "Requests answered.", ["method", "route", "status"])
SECONDS = prometheus_client.Histogram(
    "djirgo_request_seconds",
    "Time taken to answer.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


class CountRequests:
    """Middleware: counts each request under the route that it took, of which there are only so many."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        since = came_at(request)
        response = self.get_response(request)
        method = request.method if request.method in METHODS else "other"
        route = request.resolver_match.route.removeprefix("^") if request.resolver_match else "none"
        answered, seconds = _counters(method, route, response.status_code)
        answered.inc()
        seconds.observe(time.perf_counter() - since)
        return response


@cache
def _counters(method: str, route: str, status: int) -> tuple[prometheus_client.Counter, prometheus_client.Histogram]:
    return REQUESTS.labels(method, route, status), SECONDS.labels(method, route)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if settings.METRICS_TOKEN and not _shows_token(request):
        problem = problems.document(
            401, "The metrics ask for the bearer token of the set-up.", code="not_authenticated"
        )
        return problems.response(problem, {"WWW-Authenticate": "Bearer"})
    return HttpResponse(prometheus_client.generate_latest(_everything()), prometheus_client.CONTENT_TYPE_LATEST)


def _shows_token(request: HttpRequest) -> bool:
    shown = request.headers.get("Authorization", "")
    return constant_time_compare(shown, f"Bearer {settings.METRICS_TOKEN}")


def forget_the_dead() -> None:
    """What a process that was killed had open is open no more: to be called by the one that takes its place."""
    for file in Path(os.environ[FOLDER]).glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if not _is_there(int(pid)):
            mark_process_dead(pid)  # type: ignore[no-untyped-call]


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _everything() -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    if ValueClass._multiprocess:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REGISTRY)
    registry.register(Kept())
    return registry


def _ask_oldest_transaction() -> float:
    with connection.cursor() as cursor:
        cursor.execute(OLDEST_TRANSACTION)
        (seconds,) = cursor.fetchone()
    return max(float(seconds), 0.0)


task_counts = Probe(counts, patience=2)
oldest_transaction = Probe(_ask_oldest_transaction, patience=2)


class Kept(Collector):
    """What the database knows. It says the same to whichever process is asked."""

    def collect(self) -> Iterator[Metric]:
        known, is_up = [], 1
        try:
            known = [_tasks(), *_lag(), *_transactions()]
        except (NoAnswer, Error):
            is_up = 0
        yield GaugeMetricFamily("djirgo_database_up", "Whether the database answers.", value=is_up)
        yield from known


def _tasks() -> Metric:
    tasks = GaugeMetricFamily("djirgo_tasks", "Tasks in each status.", labels=["status"])
    for status, number in task_counts().items():
        tasks.add_metric([status], number)
    return tasks


def _transactions() -> Iterator[Metric]:
    """One that stays open keeps dead rows alive, and every claim walks over them. SQLite has none to be forgotten."""
    if connection.vendor == "postgresql":
        says = "Age of the oldest open transaction."
        yield GaugeMetricFamily("djirgo_oldest_transaction_seconds", says, value=oldest_transaction())


def _lag() -> Iterator[Metric]:
    lag = health.lag()
    yield GaugeMetricFamily("djirgo_relay_lag_events", "Committed events not yet published.", value=lag.events)
    yield GaugeMetricFamily("djirgo_relay_lag_seconds", "Age of the oldest of them.", value=lag.seconds)
