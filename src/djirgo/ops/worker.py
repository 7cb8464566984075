"""The worker: numbers events, hands them on, and does what is due. As many may run as you like.

    sequencer ──▶ relay ──▶ RabbitMQ ──▶ consumers        with a broker
    sequencer ──────────────────────────▶ consumers       embedded
    intake    ◀── RabbitMQ                                tasks that were taken in
    schedule                                              jobs, a loop for each

Each of these is a loop in a thread of its own, and works under a lease or a lock in the database, so that another one
takes over when this one dies. Whatever fails is logged, counted and tried again; nothing ends a loop but the stop.
"""

import logging
import signal
import threading
from contextlib import suppress
from typing import Protocol

import prometheus_client
from django.conf import settings
from django.db import Error, close_old_connections, connections
from django.utils import timezone

from djirgo.events import sequencer
from djirgo.events.brokers import broker
from djirgo.events.brokers.seam import Broker, BrokerAway
from djirgo.events.consumer import Consumer
from djirgo.events.positions import LeaseLost
from djirgo.events.relay import Relay
from djirgo.events.subscriptions import subscriptions
from djirgo.intake.writer import writers
from djirgo.ops.schedule import Scheduled, jobs
from djirgo.ops.side_door import open_side_door

IDLE_SECONDS = 0.1
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
#: A loop that has not ended by then is waiting for a server that does not answer; its lease runs out by itself.
GRACE_SECONDS = 15.0

FAILURES = prometheus_client.Counter("djirgo_worker_failures", "Steps of the worker that failed", ["loop"])
logger = logging.getLogger(__name__)


class Work(Protocol):
    @property
    def name(self) -> str: ...

    def step(self) -> bool:
        """Do a little; answer whether there may be more to do at once."""

    def close(self) -> None:
        """Hand back what was held."""


class Sequencer:
    name = "sequencer"

    def step(self) -> bool:
        return sequencer.number_events() == sequencer.BATCH

    def close(self) -> None:
        """Nothing is held between two steps."""


def told_to_stop() -> threading.Event:
    """Set by Ctrl-C, and by whoever asks the process to end."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def run_until_told_to_stop() -> None:
    stop = told_to_stop()
    if settings.WORKER_PORT:
        open_side_door(settings.HOST, settings.WORKER_PORT)
    run(stop)


def run(stop: threading.Event) -> None:
    """Work until the stop, then finish what is being done and hand back the leases."""
    chosen = broker()
    if not _prepared(chosen, stop):
        return
    loops = [_start(work, stop) for work in works(chosen)]
    logger.info("working: %s", ", ".join(loop.name for loop in loops))
    stop.wait()
    for loop in loops:
        loop.join(GRACE_SECONDS)


def _start(work: Work, stop: threading.Event) -> threading.Thread:
    loop = threading.Thread(target=supervise, args=(work, stop), name=work.name, daemon=True)
    loop.start()
    return loop


def works(chosen: Broker) -> list[Work]:
    publisher = chosen.publisher()
    relay: list[Work] = [Relay(publisher)] if publisher else []
    consumers = [Consumer(subscription, chosen.inbox(subscription)) for subscription in subscriptions()]
    return [Sequencer(), *relay, *consumers, *writers(), *map(Scheduled, jobs())]


def supervise(work: Work, stop: threading.Event) -> None:
    """Step after step until the stop, with a pause when there is nothing to do, and a growing one after a failure."""
    pause = FIRST_PAUSE_SECONDS
    while not stop.is_set():
        try:
            more = work.step()
        except Exception as problem:
            _tell(work, problem)
            stop.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        else:
            pause = FIRST_PAUSE_SECONDS
            if not more:
                stop.wait(IDLE_SECONDS)
        finally:
            close_old_connections()
    with suppress(Error):
        work.close()
    connections.close_all()


def _tell(work: Work, problem: Exception) -> None:
    FAILURES.labels(work.name).inc()
    if isinstance(problem, LeaseLost):
        logger.info("%s", problem)
    elif isinstance(problem, BrokerAway):
        logger.warning("%s: %s", work.name, problem)
    else:
        logger.exception("%s failed and will try again", work.name, exc_info=problem)


def _prepared(chosen: Broker, stop: threading.Event) -> bool:
    """Wait for the database and its tables; False if told to stop before they are there."""
    while not stop.is_set():
        try:
            chosen.prepare(at=timezone.now())
        except Error as problem:
            logger.warning("waiting for the database: %s", problem)
            close_old_connections()
            stop.wait(1)
        else:
            return True
    return False
