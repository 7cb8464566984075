"""Whether a connection out of the pool can still be used: one that the server has closed costs no failed request.

It is asked at most once a second. In between it is enough to look whether the server has closed it, which costs no
round trip.
"""

from select import POLLIN, poll
from time import monotonic
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

#: A connection that was asked so short a time ago is not asked again.
FRESH_SECONDS = 1.0


class Pulse:
    """When a connection was last known to be alive, and what looks at its socket."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.felt_at = 0.0
        self.socket = poll()
        self.socket.register(connection.fileno(), POLLIN)


def is_alive(connection: psycopg.Connection[Any]) -> bool:
    """Closes it, where it is not."""
    pulse = _pulse(connection)
    # What it says without having been asked is, in most cases, that it is closed.
    if monotonic() - pulse.felt_at < FRESH_SECONDS and not pulse.socket.poll(0):
        return True
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        connection.close()
        return False
    pulse.felt_at = monotonic()
    return True


def _pulse(connection: psycopg.Connection[Any]) -> Pulse:
    """Kept for as long as the connection lives."""
    kept: Pulse | None = vars(connection).get("djirgo_pulse")
    if kept is None:
        kept = vars(connection)["djirgo_pulse"] = Pulse(connection)
    return kept
