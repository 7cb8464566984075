"""Whether the program is alive, and whether it can do its work.

`/healthz` asks nobody. `/readyz` asks the database, the broker and the log of events, none of them for long. Without
the database nothing can be answered: 503. Without the broker everything can, and events wait: 200, degraded, and says
how many. No answer names an address, a user or a password.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from pika import BlockingConnection

from djirgo.events.brokers.rabbitmq.connection import broker_away_on_failure, parameters
from djirgo.events.brokers.seam import BrokerAway
from djirgo.events.lag import Lag
from djirgo.events.lag import lag as events_lag
from djirgo.intake.depth import Depth, depth
from djirgo.ops.probe import NoAnswer, Probe

OK, DEGRADED, UNAVAILABLE = "ok", "degraded", "unavailable"
PATIENCE = 2.0
#: Events that wait for longer than this wait for something: no worker runs, or the broker is away.
LONGEST_LAG = 60.0
RETRY_AFTER = 2

logger = logging.getLogger(__name__)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": OK})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    checks = {"database": _check("database", database), "broker": _check("broker", broker)}
    checks["relay"] = _relay() if checks["database"]["status"] == OK else {"status": UNAVAILABLE}
    if settings.RABBITMQ_URL:
        checks["intake"] = _intake()
    if checks["database"]["status"] != OK:
        answer = {"status": UNAVAILABLE, "checks": checks}
        return JsonResponse(answer, status=503, headers={"Retry-After": str(RETRY_AFTER)})
    is_well = all(check["status"] == OK for check in checks.values())
    return JsonResponse({"status": OK if is_well else DEGRADED, "checks": checks})


def _check(name: str, ask: Callable[[], object]) -> dict[str, Any]:
    try:
        ask()
    except (NoAnswer, Error, BrokerAway) as problem:
        logger.warning("%s does not answer: %s", name, type(problem).__name__)
        return {"status": UNAVAILABLE}
    return {"status": OK}


def _relay() -> dict[str, Any]:
    try:
        behind = lag()
    except (NoAnswer, Error):
        return {"status": UNAVAILABLE}
    status = DEGRADED if behind.seconds > LONGEST_LAG else OK
    return {"status": status, "events_behind": behind.events, "seconds_behind": round(behind.seconds, 3)}


def _intake() -> dict[str, Any]:
    """What waits to be written waits for a worker, where none reads."""
    try:
        found = intake()
    except (NoAnswer, BrokerAway):
        return {"status": UNAVAILABLE}
    return {"status": OK if found.readers or not found.waiting else DEGRADED, "waiting": found.waiting}


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_broker() -> None:
    """Log in and out again. Embedded, the log itself is the broker."""
    if settings.RABBITMQ_URL:
        with broker_away_on_failure():
            BlockingConnection(parameters(settings.RABBITMQ_URL, "readiness")).close()


def _ask_intake() -> Depth:
    return depth(settings.RABBITMQ_URL, purpose="readiness")


def _ask_lag() -> Lag:
    return events_lag(at=timezone.now())


database = Probe(_ask_database, patience=PATIENCE)
broker = Probe(_ask_broker, patience=PATIENCE, fresh=5)
intake = Probe(_ask_intake, patience=PATIENCE, fresh=5)
lag = Probe(_ask_lag, patience=PATIENCE)
