"""The way into the queue: requests hand over what they have taken in, and wait until it is confirmed.

One thread in each process publishes for all of them. What came while it waited for one batch to be confirmed is the
next batch, so that the more come, the more are confirmed together. Nobody waits for long: past so many that wait, after
a deadline, and for a moment after the broker was found to be away, the answer is that it is away.
"""

import logging
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from queue import Empty, Full, Queue
from threading import Lock, Thread

from django.conf import settings

from djirgo.events.brokers.rabbitmq.publisher import ConfirmingPublisher
from djirgo.events.brokers.seam import BrokerAway
from djirgo.intake.accepted import Accepted
from djirgo.intake.queues import IntakeQueues

#: The longest that a batch, and that a request may wait for its confirms.
BATCH_SECONDS, REQUEST_SECONDS = 5.0, 8.0
MOST_WAITING = 1000
MOST_AT_ONCE = 500
BREATHE_EVERY_SECONDS = 1.0
#: For so long after a failure nobody tries.
PAUSE_SECONDS = 1.0

logger = logging.getLogger(__name__)


@dataclass
class Handed:
    accepted: Accepted
    confirmed: "Future[None]" = field(default_factory=Future)


class Door:
    def __init__(self, publisher: ConfirmingPublisher) -> None:
        self.publisher = publisher
        self._waiting: Queue[Handed] = Queue(MOST_WAITING)
        self._away_until = 0.0
        self._lock = Lock()
        self._thread: Thread | None = None

    def put(self, accepted: Accepted) -> None:
        """Returns once it is safe with the broker. BrokerAway: it is not, or that is in doubt."""
        if time.monotonic() < self._away_until:
            raise BrokerAway("RabbitMQ was away a moment ago.")
        self._see_that_somebody_publishes()
        handed = Handed(accepted)
        try:
            self._waiting.put_nowait(handed)
            handed.confirmed.result(REQUEST_SECONDS)
        except Full:
            raise BrokerAway("too many wait to be confirmed.") from None
        except TimeoutError:
            handed.confirmed.cancel()
            raise BrokerAway("RabbitMQ did not confirm it in time.") from None

    def publish_next(self) -> None:
        """What has come meanwhile, all of it together."""
        if batch := self._taken():
            self._publish(batch)
        else:
            self.publisher.breathe()

    def _publish(self, batch: list[Handed]) -> None:
        try:
            self.publisher.publish([handed.accepted for handed in batch])
        except Exception as problem:
            self._away_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("intake: %s", problem)
            for handed in batch:
                handed.confirmed.set_exception(BrokerAway(str(problem)))
        else:
            for handed in batch:
                handed.confirmed.set_result(None)

    def _taken(self) -> list[Handed]:
        """The first is waited for, and what nobody waits for any more is left out."""
        taken: list[Handed] = []
        with suppress(Empty):
            taken.append(self._waiting.get(timeout=BREATHE_EVERY_SECONDS))
            while len(taken) < MOST_AT_ONCE:
                taken.append(self._waiting.get_nowait())
        return [handed for handed in taken if handed.confirmed.set_running_or_notify_cancel()]

    def _see_that_somebody_publishes(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._publish_for_ever, name="intake", daemon=True)
                self._thread.start()

    def _publish_for_ever(self) -> None:
        while True:
            try:
                self.publish_next()
            except Exception:  # of a sign of life that failed: the next batch finds out for itself
                logger.exception("intake: the connection was dropped")
                self.publisher.close()


@cache
def door() -> Door:
    """That of this process."""
    return door_to(settings.RABBITMQ_URL)


def door_to(url: str, queues: IntakeQueues | None = None) -> Door:
    return Door(ConfirmingPublisher(url, queues or IntakeQueues(), patience=BATCH_SECONDS, purpose="intake"))
