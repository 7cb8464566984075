"""Django's PostgreSQL with what every request profits from.

A connection out of the pool is asked whether it is alive at most once a second; in between it is enough to look whether
the server has closed it, which costs no round trip. And there are cursors that bind on the server, keep their statements
prepared, and read instants in C, for `djirgo.statements`.
"""

from datetime import UTC
from select import POLLIN, poll
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base
from django.db.backends.postgresql.base import TIMESTAMPTZ_OID
from django.db.backends.postgresql.psycopg_any import get_adapters_template
from psycopg.adapt import AdaptersMap
from psycopg.pq import Format
from psycopg.types.numeric import Int8Dumper
from psycopg_pool import ConnectionPool

#: A connection that was asked so short a time ago is not asked again.
FRESH_SECONDS = 1.0
#: When each connection was last known to be alive.
_known_alive: WeakKeyDictionary[psycopg.Connection[Any], float] = WeakKeyDictionary()


def _adapters() -> AdaptersMap:
    """Django's, but for instants, which it reads in Python, and with one kind of whole number instead of several.

    A statement is prepared for the kinds of its values, and so would be once for each size of number.
    """
    adapters = AdaptersMap(get_adapters_template(use_tz=True, timezone=UTC))
    adapters.register_loader("timestamptz", psycopg.adapters.get_loader(TIMESTAMPTZ_OID, Format.TEXT))  # type: ignore[arg-type]
    adapters.register_dumper(int, Int8Dumper)
    return adapters


class PreparedCursor(base.CursorMixin, psycopg.Cursor[Any]):
    adapters = _adapters()  # type: ignore[assignment]

    def execute(self, query: Any, params: Any = None, **_: Any) -> Any:
        return super().execute(query, params, prepare=settings.PREPARED_STATEMENTS)


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        while self.pool and not is_alive(connection):
            self.pool.putconn(connection)  # which sees that it is closed, and opens another
            connection = super().get_new_connection(conn_params)
        return connection

    def prepared_cursor(self) -> Any:
        """A cursor whose statements the server keeps."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            return self._prepare_cursor(PreparedCursor(self.connection))


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
