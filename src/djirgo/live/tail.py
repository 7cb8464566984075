"""The end of the log in memory, once for each process, however many listen.

    database ── one thread, while anybody listens ──▶ ring ──▶ streams, which wait for it
       └──────────────── whoever is behind the ring reads there until they have caught up

The ring is short: the newest events that fit. What is asked of it is only *what lies beyond this place*, so that nobody
misses anything who was away for a moment, and nobody is told anything twice.
"""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple, Self

from django.db import Error, connection

from djirgo.events.models import SEQUENCER, Event, Position
from djirgo.live.frames import frame
from djirgo.tasks.hearing import about

POLL_SECONDS = 0.15
PAUSE_SECONDS = 1.0
BATCH = 500
MOST_EVENTS = 2000
MOST_BYTES = 16 * 2**20
#: After one of these somebody may hear of other things than before.
CHANGES_HEARING = ("member.", "project.")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as it is sent, and what has to be known of it to say to whom."""

    sequence: int
    type: str
    scope: str
    subject: str
    about: frozenset[str]
    frame: bytes

    @classmethod
    def of(cls, event: Event) -> Self:
        return cls(event.sequence or 0, event.type, event.scope, event.subject, about(event.data), frame(event))

    @property
    def changes_hearing(self) -> bool:
        return self.type.startswith(CHANGES_HEARING)


class News(NamedTuple):
    """What lies between a place and `upto`. Without `entries` it is no longer in memory, and the database knows."""

    upto: int
    entries: Sequence[Entry] | None


def end_of_the_log() -> int:
    """The place of the newest event that has one. Whoever reads what there is after asking misses nothing from here."""
    return Position.objects.sequence_of(SEQUENCER)


class Tail:
    def __init__(self, *, most_events: int = MOST_EVENTS, most_bytes: int = MOST_BYTES) -> None:
        self.most_events, self.most_bytes = most_events, most_bytes
        self.is_ended = False
        #: How often the roll was called, and when last.
        self.rolls = 0
        self._called = -math.inf
        self._changed = threading.Condition()
        self._listeners = 0
        self._thread: threading.Thread | None = None
        self._forget()

    def _forget(self) -> None:
        self._ring: deque[Entry] = deque()
        self._bytes = 0
        #: How far it has been read; None before it has begun.
        self._last: int | None = None
        #: Whatever lies beyond this is in the ring.
        self._floor = 0

    # --- For those who listen -------------------------------------------------------------------------------------

    @contextmanager
    def listening(self) -> Iterator[None]:
        """The log is read for as long as anybody listens."""
        self._come()
        try:
            yield
        finally:
            self._go()

    def beyond(self, place: int, *, seconds: float, rolls: int = 0) -> News:
        """What lies beyond a place, as soon as anything does; nothing when the time is up, or the roll is called."""
        with self._changed:
            self._changed.wait_for(lambda: self.is_ended or self._reaches_beyond(place) or self.rolls > rolls, seconds)
            if self._last is None or self._last <= place:
                return News(place, ())
            if place < self._floor:
                return News(min(self._last, place + BATCH), None)
            newest_first = takewhile(lambda entry: entry.sequence > place, reversed(self._ring))
            return News(self._last, tuple(newest_first)[::-1])

    def rest(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self.is_ended, seconds)

    def call_the_roll(self, *, every: float) -> bool:
        """Whoever listens is told something now, by which the server notices who has gone. False is *a moment ago*."""
        with self._changed:
            if time.monotonic() - self._called < every:
                return False
            self._called = time.monotonic()
            self.rolls += 1
            self._changed.notify_all()
            return True

    def end(self) -> None:
        """Nothing more is told, and whoever waits is woken up."""
        with self._changed:
            self.is_ended = True
            self._changed.notify_all()

    def _reaches_beyond(self, place: int) -> bool:
        return self._last is not None and self._last > place

    def _come(self) -> None:
        with self._changed:
            self._listeners += 1
            if self._thread is None and not self.is_ended:
                self._thread = threading.Thread(target=self._follow, name="live", daemon=True)
                self._thread.start()

    def _go(self) -> None:
        with self._changed:
            self._listeners -= 1
            self._changed.notify_all()

    # --- The one who reads ----------------------------------------------------------------------------------------

    def _follow(self) -> None:
        is_away = False
        pause = 0.0
        while self._is_wanted_after(pause):
            try:
                pause = 0.0 if self._read() else POLL_SECONDS
            except Exception as problem:
                if not is_away:
                    logger.warning("the log cannot be read, and streams wait: %s", problem, exc_info=_bug(problem))
                is_away, pause = True, PAUSE_SECONDS
                connection.close()
            else:
                is_away = False
        connection.close()

    def _is_wanted_after(self, pause: float) -> bool:
        with self._changed:
            self._changed.wait_for(self._is_needless, pause)
            if self._is_needless():
                self._thread = None
                self._forget()
                return False
            return True

    def _is_needless(self) -> bool:
        return self.is_ended or not self._listeners

    def _read(self) -> bool:
        """A batch; answers whether there may be more at once."""
        if self._last is None:
            self._begin(end_of_the_log())
            return True
        entries = [Entry.of(event) for event in Event.objects.after(self._last)[:BATCH]]
        if entries:
            self._take(entries)
        return len(entries) == BATCH

    def _begin(self, place: int) -> None:
        with self._changed:
            self._last = self._floor = place
            self._changed.notify_all()

    def _take(self, entries: list[Entry]) -> None:
        with self._changed:
            self._ring.extend(entries)
            self._bytes += sum(len(entry.frame) for entry in entries)
            self._last = entries[-1].sequence
            while len(self._ring) > self.most_events or self._bytes > self.most_bytes:
                oldest = self._ring.popleft()
                self._bytes -= len(oldest.frame)
                self._floor = oldest.sequence
            self._changed.notify_all()


def _bug(problem: Exception) -> Exception | None:
    """A database that is away needs no traceback."""
    return None if isinstance(problem, Error) else problem


#: The one of this process.
tail = Tail()
