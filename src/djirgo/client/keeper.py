"""Keeps a lease from running out while somebody works: a thread that renews it, each time a third of it is over."""

import logging
import threading
import time
from collections.abc import Callable

from djirgo.client.errors import Conflict, DjirgoError, NotFound
from djirgo.client.retrying import may_pass

PARTS = 3
#: Where a renewal did not get through, the next one is tried sooner.
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 5.0

log = logging.getLogger("djirgo.client")


class Keeper:
    """`renew` is called with the seconds that it may take, and raises what the client raises.

    A lease that may be old already is renewed `at_once`, to know whether it still holds.
    """

    def __init__(self, renew: Callable[[float], object], *, seconds: float, at_once: bool, name: str) -> None:
        self._renew = renew
        self._seconds = seconds
        self._first_pause = 0.0 if at_once else seconds / PARTS
        self._runs_out_at = time.monotonic() + seconds
        self._is_gone = False
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=name, daemon=True)

    @property
    def is_lost(self) -> bool:
        """The server says so; or it could not be asked for so long that it must have given the task back."""
        return self._is_gone or self.has_run_out

    @property
    def has_run_out(self) -> bool:
        return time.monotonic() >= self._runs_out_at

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._done.set()

    def _keep(self) -> None:
        pause = self._first_pause
        while not self._done.wait(pause) and not self._is_gone:
            pause = self._seconds / PARTS if self._renewed() else self._short_pause()

    def _short_pause(self) -> float:
        return min(LONGEST_PAUSE_SECONDS, max(SHORTEST_PAUSE_SECONDS, self._seconds / PARTS / 4))

    def _renewed(self) -> bool:
        asked_at = time.monotonic()
        try:
            self._renew(self._seconds / PARTS)
        except DjirgoError as error:
            self._is_gone = isinstance(error, Conflict | NotFound) and not may_pass(error)
            if not self._done.is_set():
                log.warning("%s: the lease was not renewed: %s", self._thread.name, error)
            return False
        self._runs_out_at = asked_at + self._seconds
        return True
