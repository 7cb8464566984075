"""Who reads the log in the name of a reader: one worker at a time, for as long as it shows signs of life.

A lease is counted by the clock of the database, the only one that all workers share. Whoever holds it may still have
been overtaken without knowing, so every move of a position names its holder and fails if that is somebody else by now.
"""

import time
import uuid
from datetime import timedelta

from django.db.models.functions import Now

from djirgo.events.models import Position, PositionQuerySet

#: How long a holder that has died keeps the others waiting.
LEASE = timedelta(seconds=10)


class LeaseLost(Exception):
    """Somebody else reads in this name now."""


class Lease:
    """One worker's hold on one reader's position. Costs no write while there is nothing to do."""

    def __init__(self, reader: str, *, lasts: timedelta = LEASE) -> None:
        self.reader = reader
        self.holder = uuid.uuid4()
        self.lasts = lasts
        self._ours_until = 0.0

    def hold(self) -> bool:
        """Ours for at least half a lease from now, taken or renewed if need be. False while it is somebody else's."""
        now = time.monotonic()
        if now < self._ours_until - self.lasts.total_seconds() / 2:
            return True
        within_reach = self._row().within_reach_of(self.holder)
        if not within_reach.exists() or not within_reach.update(holder=self.holder, held_until=Now() + self.lasts):
            return False
        self._ours_until = now + self.lasts.total_seconds()
        return True

    def position(self) -> int:
        return self._row().values_list("sequence", flat=True).get()

    def advance(self, sequence: int) -> None:
        """Move the position, and renew the lease by the same statement."""
        ours = self._row().filter(holder=self.holder)
        if not ours.update(sequence=sequence, held_until=Now() + self.lasts):
            self._ours_until = 0.0
            raise LeaseLost(f"{self.reader} is read by somebody else now.")

    def release(self) -> None:
        self._ours_until = 0.0
        self._row().filter(holder=self.holder).update(holder=None, held_until=None)

    def _row(self) -> PositionQuerySet:
        return Position.objects.filter(reader=self.reader)
