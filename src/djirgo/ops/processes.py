"""`djirgo up`: the web and the worker in one process tree, on one data folder."""

import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import TextIO

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from djirgo.ops.lifeline import die_with_parent
from djirgo.ops.server import GRACE, empty_metrics_folder, wait_for_database

#: More deaths of children than this within a minute are no accident.
MOST_DEATHS = 5
A_MINUTE = 60.0
TICK = 0.1


def up(out: TextIO) -> None:
    """Bring everything up, keep it up, and take it down again when told to."""
    with only_one():
        refuse_taken_port()
        wait_for_database()
        call_command("migrate", interactive=False, verbosity=0)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(empty_metrics_folder())
        family = Family("serve", "work")
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, family.told_to_stop)
        try:
            family.keep_up(out)
        finally:
            family.stop()


class Family:
    """Child processes, each of which is started again when it dies."""

    def __init__(self, *commands: str) -> None:
        self.stopping = False
        self.deaths: deque[float] = deque(maxlen=MOST_DEATHS)
        self.children = {command: self._spawn(command) for command in commands}

    def told_to_stop(self, *_: object) -> None:
        self.stopping = True

    def keep_up(self, out: TextIO) -> None:
        is_announced = False
        while not self.stopping:
            for command, child in self.children.items():
                if child.poll() is not None and not self.stopping:
                    self._mourn(command)
                    self.children[command] = self._spawn(command)
            if not is_announced and answers():
                is_announced = True
                out.write(f"Djirgo is ready: {address()}   (data in {settings.DATA_DIR}; Ctrl-C stops it)\n")
                out.flush()
            time.sleep(TICK)

    def stop(self) -> None:
        """Ask all of them to finish, and end those that do not."""
        for child in self.children.values():
            child.terminate()
        deadline = time.monotonic() + GRACE
        for child in self.children.values():
            with suppress(subprocess.TimeoutExpired):
                child.wait(max(deadline - time.monotonic(), 0))
                continue
            child.kill()
            child.wait()

    def _spawn(self, command: str) -> "subprocess.Popen[bytes]":
        # A session of its own: Ctrl-C at the terminal reaches the parent alone, which then stops them in order.
        return subprocess.Popen(
            [sys.executable, "-m", "djirgo.cli.main", command],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=partial(die_with_parent, os.getpid()),
        )

    def _mourn(self, command: str) -> None:
        now = time.monotonic()
        if len(self.deaths) == MOST_DEATHS and now - self.deaths[0] < A_MINUTE:
            raise ImproperlyConfigured(f"`djirgo {command}` keeps dying; the lines above say why.")
        self.deaths.append(now)
        time.sleep(TICK * len(self.deaths))


@contextmanager
def only_one() -> Iterator[None]:
    """Two on the same data would each think that they are alone."""
    with open(settings.DATA_DIR / "up.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ImproperlyConfigured(f"Another Djirgo is already running on {settings.DATA_DIR}.") from None
        yield


def refuse_taken_port() -> None:
    family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.HOST, settings.PORT))
        except OSError as problem:
            raise ImproperlyConfigured(
                f"PORT {settings.PORT} on {settings.HOST} cannot be listened on: {problem.strerror}."
            ) from None


def address() -> str:
    return f"http://{_reachable_host()}:{settings.PORT}"


def answers() -> bool:
    """Whether the web answers anything at all."""
    with closing(http.client.HTTPConnection(_reachable_host(), settings.PORT, timeout=2)) as connection:
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status > 0
        except (OSError, http.client.HTTPException):
            return False


def _reachable_host() -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HOST, settings.HOST)  # noqa: S104
