"""Waiting for work, without a connection to the database in hand, and never on every thread of a process."""

import threading
import time

from django.conf import settings
from django.db import close_old_connections, connection

from djirgo.tasks.claim import Wish, is_there_anything

POLL_SECONDS = 0.2
#: Those who wait hold a thread of the server each. Past these seats nobody waits: they are told at once.
seats = threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 2))


def wait_for_work(wish: Wish, *, seconds: float) -> None:
    """Until there is something to claim, or the time is up."""
    if not seconds or not seats.acquire(blocking=False):
        return
    try:
        deadline = time.monotonic() + seconds
        while not is_there_anything(wish) and (left := deadline - time.monotonic()) > 0:
            _let_go_of_the_database()
            time.sleep(min(POLL_SECONDS, left))
    finally:
        seats.release()


def _let_go_of_the_database() -> None:
    """Unless somebody further up has a transaction open."""
    if not connection.in_atomic_block:
        close_old_connections()
