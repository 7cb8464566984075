"""Whose turn it is to write, next after whoever is writing now.

SQLite's own way to wait is not fair: whoever finds the write lock taken sleeps, longer each time, and those who come
meanwhile go first; with sixteen who write all the time, some wait for a second. Here they stand in line: those of one
process behind each other, and the first of each process at a gate, which only one can pass. That one asks for the write
lock until it is free, and nobody else does. The gate is the lock of a file: of a process that dies the system takes it
back.
"""

import fcntl
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from threading import Lock
from time import monotonic, sleep

#: So long one sleeps who has to ask again, for the gate or for the write lock. A change takes some milliseconds.
BREATH_SECONDS = 0.0002


class NotYet(Exception):
    """The time is up, and others are still before."""


class Line:
    """The threads of a process: whoever came first is first."""

    def __init__(self) -> None:
        self._mutex = Lock()
        self._has_a_first = False
        self._waiting: deque[Lock] = deque()

    @contextmanager
    def first(self, deadline: float) -> Iterator[None]:
        if not self._come(deadline):
            raise NotYet
        try:
            yield
        finally:
            self._call_the_next()

    def _come(self, deadline: float) -> bool:
        with self._mutex:
            if not self._has_a_first:
                self._has_a_first = True
                return True
            call = Lock()
            call.acquire()
            self._waiting.append(call)
        return call.acquire(timeout=max(deadline - monotonic(), 0)) or not self._leave(call)

    def _leave(self, call: Lock) -> bool:
        """False for who was called in the last moment."""
        with self._mutex, suppress(ValueError):
            self._waiting.remove(call)
            return True
        return False

    def _call_the_next(self) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._has_a_first = False


class Gate:
    """Between the processes that use one database."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)

    @contextmanager
    def passed(self, deadline: float) -> Iterator[None]:
        while not self._opens():
            breathe(deadline)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _opens(self) -> bool:
        with suppress(BlockingIOError):
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False


def breathe(deadline: float) -> None:
    if monotonic() >= deadline:
        raise NotYet
    sleep(BREATH_SECONDS)


@contextmanager
def turn(database: str, deadline: float) -> Iterator[None]:
    """Be the one who asks this database for its write lock. `NotYet`, where the deadline comes first."""
    line, gate = _way_in(database, os.getpid())
    with line.first(deadline), gate.passed(deadline):
        yield


@lru_cache(maxsize=8)
def _way_in(database: str, process: int) -> tuple[Line, Gate]:
    """A process that was forked has its own: it would share its parent's lock."""
    return Line(), Gate(f"{database}-turn")
