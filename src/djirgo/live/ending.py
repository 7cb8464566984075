"""Streams end when their process is told to stop: nobody waits for a page that is left open."""

import os
import signal
import threading
from collections.abc import Callable

STOP = frozenset({signal.SIGTERM, signal.SIGINT})


def when_told_to_stop(end: Callable[[], None]) -> None:
    """Call `end` when the process gets a signal to stop, whoever else deals with that signal.

    To be called in the main thread, once in a process.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(reading, end), name="ending", daemon=True).start()


def _watch(reading: int, end: Callable[[], None]) -> None:
    """Each signal leaves its number in the pipe."""
    while number := os.read(reading, 1):
        if number[0] in STOP:
            end()
