"""Whether a connection out of the pool can still be used: one that the server has closed costs no failed request.

It is asked at most once a second. In between it is enough to look whether the server has closed it, which costs no
round trip.
"""

from time import monotonic
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

#: A connection that was asked so short a time ago is not asked again.
FRESH_SECONDS = 1.0


def is_alive(connection: psycopg.Connection[Any]) -> bool:
    """Closes it, where it is not."""
    known = vars(connection)
    try:
        if monotonic() - known.get("djirgo_alive_at", 0.0) < FRESH_SECONDS:
            _read_what_there_is(connection)
            return True
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        connection.close()
        return False
    known["djirgo_alive_at"] = monotonic()
    return True


def _read_what_there_is(connection: psycopg.Connection[Any]) -> None:
    """Fails where the server has closed it: the first time it may read the reason, but then there is nothing behind it.

    To poll the socket would let go of the interpreter, and whoever waits for it is not quick to give it back.
    """
    connection.pgconn.consume_input()
    connection.pgconn.consume_input()
