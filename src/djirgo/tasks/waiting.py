"""Waiting for work, without a connection to the database in hand, and never on every thread of a process."""

import threading
import time

from django.conf import settings
from django.db import close_old_connections, connection
from django.utils import timezone

from djirgo.tasks.claim import Wish, claim, is_there_anything
from djirgo.tasks.clock import database_now
from djirgo.tasks.models import Task
from djirgo.tasks.models.lease import seconds_for

POLL_SECONDS = 0.2
#: Those who wait hold a thread of the server each. Past these seats nobody waits: they are told at once.
seats = threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 2))


def claim_or_wait(wish: Wish, *, seconds: float, lease_seconds: int | None = None, limit: int = 1) -> list[Task]:
    """Claim; and where there is nothing, wait for it and ask again: others who waited may have been quicker.

    The clock of the database is for leases: who gets none is asked nothing more for it.
    """
    deadline = time.monotonic() + seconds
    now = database_now if seconds_for(wish.by, lease_seconds) else timezone.now
    while not (tasks := claim(wish, at=now(), lease_seconds=lease_seconds, limit=limit)):
        if not _wait(wish, until=deadline):
            break
    return tasks


def wait_for_work(wish: Wish, *, seconds: float) -> None:
    """Until there is something to claim, or the time is up."""
    if not is_there_anything(wish):
        _wait(wish, until=time.monotonic() + seconds)


def _wait(wish: Wish, *, until: float) -> bool:
    """Look now and then; answers whether there is something. The first look is not at once: nobody asks in a circle."""
    if time.monotonic() >= until or not seats.acquire(blocking=False):
        return False
    try:
        while (left := until - time.monotonic()) > 0:
            let_go_of_the_database()
            time.sleep(min(POLL_SECONDS, left))
            if is_there_anything(wish):
                return True
        return False
    finally:
        seats.release()


def let_go_of_the_database() -> None:
    """Unless somebody further up has a transaction open."""
    if not connection.in_atomic_block:
        close_old_connections()
