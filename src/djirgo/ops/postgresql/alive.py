"""Whether a connection out of the pool can still be used: one that the server has closed costs no failed request.

It is asked at most once a second. In between it is enough to look whether the server has closed it, which costs no
round trip.
"""

from select import POLLIN, poll
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg_pool import ConnectionPool

#: A connection that was asked so short a time ago is not asked again.
FRESH_SECONDS = 1.0
#: When each connection was last known to be alive.
_known_alive: WeakKeyDictionary[psycopg.Connection[Any], float] = WeakKeyDictionary()


def is_alive(connection: psycopg.Connection[Any]) -> bool:
    """Closes it, where it is not."""
    if monotonic() - _known_alive.get(connection, 0.0) < FRESH_SECONDS and not _has_something_to_say(connection):
        return True
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        connection.close()
        return False
    _known_alive[connection] = monotonic()
    return True


def _has_something_to_say(connection: psycopg.Connection[Any]) -> bool:
    """Without having been asked: in most cases, that it is closed."""
    ready = poll()
    ready.register(connection.fileno(), POLLIN)
    return bool(ready.poll(0))
