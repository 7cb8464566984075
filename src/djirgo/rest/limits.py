"""How often somebody may come: a number of requests at once, and then as many again in the same time.

What is left of it grows back steadily, so that there is no moment at which everybody comes at once. That needs one
number for each who comes: when all of theirs will have grown back. It is kept in the process; nobody else is asked.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import NamedTuple

#: How many are remembered; whoever has not come for the longest is forgotten first.
REMEMBERED = 20_000


class Standing(NamedTuple):
    """What somebody has left after having come once more."""

    limit: int
    window: int
    remaining: int
    #: Seconds until all of it has grown back, and until one more may come: 0 is now.
    reset: float
    wait: float

    @property
    def is_over(self) -> bool:
        return self.wait > 0

    def headers(self) -> dict[str, str]:
        """As in draft-ietf-httpapi-ratelimit-headers, in its form since the eighth draft."""
        return {
            "RateLimit-Policy": f'"default";q={self.limit};w={self.window}',
            "RateLimit": f'"default";r={self.remaining};t={math.ceil(self.reset)}',
        }


class Limiter:
    def __init__(self, limit: int, window: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self.window = window
        self._each = window / limit
        self._clock = clock
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()
        self._lock = Lock()

    def come(self, who: Hashable) -> Standing:
        """Count one more, unless nothing is left: whoever is refused is not set back for having asked."""
        now = self._clock()
        with self._lock:
            full_at = max(self._full_at.get(who, 0.0), now) + self._each
            wait = full_at - now - self.window
            # A hair's breadth is an error of the arithmetic.
            if wait <= self._each / 1000:
                wait = 0.0
                self._remember(who, full_at)
            else:
                full_at -= self._each
        left = max(int((self.window - (full_at - now)) / self._each + 0.001), 0)
        return Standing(self.limit, self.window, left, full_at - now, wait)

    def _remember(self, who: Hashable, full_at: float) -> None:
        self._full_at[who] = full_at
        self._full_at.move_to_end(who)
        if len(self._full_at) > REMEMBERED:
            self._full_at.popitem(last=False)
