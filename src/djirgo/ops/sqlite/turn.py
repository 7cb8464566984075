"""Whose turn it is to write, next after whoever is writing now.

SQLite's own way to wait is not fair: whoever finds the write lock taken sleeps, longer each time, and those who come
meanwhile go first; with sixteen who write all the time, some wait for a second. Here they stand in line: those of one
process behind each other, and the processes at a gate, which is open to one at a time, for as long as its transaction
lasts. The gate is the lock of a file: of a process that dies the system takes it back.
"""

import fcntl
import os
from collections import deque
from contextlib import suppress
from functools import lru_cache
from queue import SimpleQueue
from threading import Lock, Thread
from time import monotonic


class NotYet(Exception):
    """The time is up, and others are still before."""


class Gate:
    """Between the processes that use one database."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)

    def passes(self) -> bool:
        """Whether it was open: it is closed behind whoever passes."""
        with suppress(BlockingIOError):
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False

    def wait(self) -> None:
        """Pass as soon as it is open, however long that takes."""
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def open(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)


class Turns:
    """Of the threads of one process: whoever came first is first.

    Where another process is at the gate, nobody can say for how long, and the system's locks know no deadline. So
    somebody else waits there, who calls the first in line.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._mutex = Lock()
        #: Whether somebody here has passed the gate, or waits for it.
        self._is_taken = False
        self._line: deque[Lock] = deque()
        self._keeper: Thread | None = None
        self._asked: SimpleQueue[None] = SimpleQueue()

    def take(self, deadline: float) -> None:
        """Have the turn until it is given back. `NotYet`, where the deadline comes first."""
        with self._mutex:
            if not self._is_taken and self._gate.passes():
                self._is_taken = True
                return
            call = Lock()
            call.acquire()
            self._line.append(call)
            if not self._is_taken:
                self._is_taken = True
                self._ask()
        if not call.acquire(timeout=max(deadline - monotonic(), 0)) and self._leave(call):
            raise NotYet

    def give_back(self) -> None:
        """To the next, who may be of another process."""
        with self._mutex:
            self._gate.open()
            if self._line:
                self._ask()
            else:
                self._is_taken = False

    def _leave(self, call: Lock) -> bool:
        """False for who was called in the last moment."""
        with self._mutex, suppress(ValueError):
            self._line.remove(call)
            return True
        return False

    def _ask(self) -> None:
        if self._keeper is None:
            self._keeper = Thread(target=self._keep, name="turns", daemon=True)
            self._keeper.start()
        self._asked.put(None)

    def _keep(self) -> None:
        while True:
            self._asked.get()
            with suppress(OSError):  # the gate is for fairness; SQLite has its own lock, whoever passes here
                self._gate.wait()
            self._call_the_first()

    def _call_the_first(self) -> None:
        with self._mutex:
            if self._line:
                self._line.popleft().release()
            else:
                self._gate.open()
                self._is_taken = False


def turns(database: str) -> Turns:
    """Of this process: one that was forked has its own, for it would share its parent's lock."""
    return _turns(database, os.getpid())


@lru_cache(maxsize=8)
def _turns(database: str, process: int) -> Turns:
    return Turns(Gate(f"{database}-turn"))
