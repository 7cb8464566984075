"""One process tree: children that are started again when they die, and that end with their parent."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial

from djirgo.ops.start import CannotStart

TICK_SECONDS = 0.1
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
#: Whoever ran for as long as this did not die of how it was started.
STEADY_SECONDS = 60.0
MOST_DEATHS_IN_A_ROW = 6
GRACE_SECONDS = 30.0
PR_SET_PDEATHSIG = 1

logger = logging.getLogger(__name__)
libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with(parent: int, how: signal.Signals = signal.SIGTERM) -> None:
    """Be told to stop as soon as the parent is gone, also when nobody could tell it to stop its children."""
    if libc is not None:
        libc.prctl(PR_SET_PDEATHSIG, how)
    if os.getppid() != parent:
        os._exit(1)


class Child:
    """A `djirgo` command that has to run."""

    def __init__(self, command: str) -> None:
        self.command = command
        self.process: subprocess.Popen[bytes] | None = None
        self.deaths_in_a_row = 0
        self.began = self.due = 0.0

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def look_after(self, now: float) -> None:
        """Start it when it is due, and again when it has died."""
        if self.is_running:
            return
        if self.process is not None:
            self._put_off(self.process.returncode, now)
        if now >= self.due:
            self._start(now)

    def _start(self, now: float) -> None:
        self.began = now
        self.process = subprocess.Popen(
            [sys.executable, "-m", "djirgo.cli.main", self.command],
            stdin=subprocess.DEVNULL,
            # Ctrl-C in a terminal reaches the parent alone, which tells its children in its own way.
            start_new_session=True,
            preexec_fn=partial(end_with, os.getpid()),
        )

    def _put_off(self, returncode: int, now: float) -> None:
        self.process = None
        self.deaths_in_a_row = 1 if now - self.began > STEADY_SECONDS else self.deaths_in_a_row + 1
        if self.deaths_in_a_row == MOST_DEATHS_IN_A_ROW:
            raise CannotStart(f"`djirgo {self.command}` keeps ending, the last time with {returncode}.")
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (self.deaths_in_a_row - 1), LONGEST_PAUSE_SECONDS)
        self.due = now + pause
        logger.error("djirgo %s ended with %s, again in %s s", self.command, returncode, pause)


def run(commands: list[str], *, is_ready: Callable[[], bool], announce: Callable[[], None]) -> None:
    """Keep the commands running until told to stop; announce once that they are ready."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    children = [Child(command) for command in commands]
    waiting = True
    try:
        while not stop.is_set():
            for child in children:
                child.look_after(time.monotonic())
            if waiting and is_ready():
                announce()
                waiting = False
            stop.wait(TICK_SECONDS)
    finally:
        end(children)


def end(children: list[Child]) -> None:
    """Ask all of them, wait for all of them, and end what does not end."""
    running = [child.process for child in children if child.process is not None and child.is_running]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    for process in running:
        try:
            process.wait(max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
