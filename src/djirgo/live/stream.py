"""One listener's stream: what they may hear, from a place in the log on, until they go or the stream has to end."""

import logging
import math
import random
import threading
import time
import weakref
from collections.abc import Callable, Generator, Iterator

import prometheus_client
from django.conf import settings
from django.db import Error

from djirgo.events.models import Event
from djirgo.live.frames import frame, opening, sign_of_life
from djirgo.live.tail import News, Tail
from djirgo.live.tail import tail as tail_of_this_process
from djirgo.tasks.hearing import Hearing
from djirgo.tasks.waiting import let_go_of_the_database

#: A stream holds a thread of the server. Past these seats nobody listens: they are told at once.
seats = threading.BoundedSemaphore(settings.LIVE_STREAMS)

#: Only by writing does the server notice that a listener has gone, and until then their seat is taken:
HEARTBEAT_SECONDS = 3.0
#: unless somebody needs one. Then all are written to, and who came last waits so long for a seat to become free,
PATIENCE_SECONDS = 0.5
#: but not more often than this.
ROLL_SECONDS = 1.0
#: Whether the listener is still let in, and to what: asked before anything is told, once so long has gone by,
LOOK_AGAIN_SECONDS = 2.0
#: and after so long where nothing happens.
IDLE_SECONDS = 6.0
#: After this a stream ends by itself and is opened anew, not all of them at the same moment.
LASTS_SECONDS = 300.0
RETRY_SECONDS = 1.0
PAUSE_SECONDS = 1.0

OPEN = prometheus_client.Gauge("djirgo_live_streams", "Streams that are open.", multiprocess_mode="livesum")
logger = logging.getLogger(__name__)


class NoSeat(Exception):
    """As many listen as the process has room for."""


class Stream:
    """Frames, one after the other. `look` says what the listener hears of now; None once they are not let in."""

    def __init__(self, place: int, look: Callable[[], Hearing | None], *, tail: Tail = tail_of_this_process) -> None:
        self.place, self.look, self.tail = place, look, tail
        self.hearing: Hearing | None = None
        self._looked = -math.inf
        self._rolls = tail.rolls
        self._leave = _take_seat(self)
        self._frames = self._tell()

    def __iter__(self) -> Iterator[bytes]:
        return self._frames

    def close(self) -> None:
        """The listener has gone. The server sees to it; where it does not, the seat is free when the stream is."""
        self._frames.close()
        self._leave()

    def _tell(self) -> Generator[bytes]:
        over = time.monotonic() + LASTS_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311
        with self.tail.listening():
            yield opening(self.place, retry_seconds=RETRY_SECONDS * random.uniform(1, 3))  # noqa: S311
            told = time.monotonic()
            while time.monotonic() < over and not self.tail.is_ended:
                news = self._news()
                if news is None:
                    return
                if not news and (self._is_called() or time.monotonic() - told >= HEARTBEAT_SECONDS):
                    news = sign_of_life(self.place)
                if news:
                    yield news
                    told = time.monotonic()

    def _is_called(self) -> bool:
        before, self._rolls = self._rolls, self.tail.rolls
        return self._rolls > before

    def _news(self) -> bytes | None:
        """What there is to tell, after a while nothing; None when there is nobody any more to tell it to."""
        try:
            news = self.tail.beyond(self.place, seconds=HEARTBEAT_SECONDS, rolls=self._rolls)
            hearing = self._hearing(news)
            return None if hearing is None else self._heard(news, hearing)
        except Error as problem:
            logger.info("a stream waits for the database: %s", problem)
            self.tail.rest(PAUSE_SECONDS)
            return b""
        finally:
            let_go_of_the_database()

    def _hearing(self, news: News) -> Hearing | None:
        """What they hear of: looked up again now and then, and at once after what may have changed it."""
        good_for = IDLE_SECONDS if news.entries == () else LOOK_AGAIN_SECONDS
        is_old = time.monotonic() - self._looked >= good_for
        if is_old or news.entries is None or any(entry.changes_hearing for entry in news.entries):
            self.hearing = self.look()
            self._looked = time.monotonic()
        return self.hearing

    def _heard(self, news: News, hearing: Hearing) -> bytes:
        if news.entries is None:
            events = Event.objects.after(self.place).filter(hearing.condition(), sequence__lte=news.upto)
            heard = [frame(event) for event in events]
        else:
            heard = [entry.frame for entry in news.entries if hearing.includes(entry.scope, entry.subject, entry.about)]
        self.place = news.upto
        return b"".join(heard)


def _take_seat(stream: Stream) -> Callable[[], object]:
    """What gives the seat back, once, also when nobody has closed the stream."""
    taken: threading.Semaphore = seats
    if not taken.acquire(blocking=False) and not _wait_for_a_seat(taken, stream.tail):
        raise NoSeat
    OPEN.inc()
    return weakref.finalize(stream, _give_back, taken)


def _wait_for_a_seat(taken: threading.Semaphore, tail: Tail) -> bool:
    """Some of those who have a seat may have gone. One at a time waits for that, so that it uses up no threads."""
    return tail.call_the_roll(every=ROLL_SECONDS) and taken.acquire(timeout=PATIENCE_SECONDS)


def _give_back(taken: threading.Semaphore) -> None:
    OPEN.dec()
    taken.release()
