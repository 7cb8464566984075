"""What one connection keeps prepared for `djirgo.statements`, asked through libpq without the ceremony of a cursor.

A cursor of psycopg looks at each statement anew: what of it is a parameter, whether it is prepared, whether somebody
else is using the connection. These statements are known, and a connection belongs to one thread at a time.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import count
from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap, PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

from djirgo.ops.postgresql.cursor import PreparedCursor, TextCursor

#: How many a connection keeps at most. When there are more it begins anew.
MOST = 200


class Reading:
    """How values are written and read: what a `Transformer` wants to know."""

    def __init__(self, connection: psycopg.Connection[Any], adapters: AdaptersMap) -> None:
        self.connection = connection
        self.adapters = adapters


class Statements:
    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.server = connection.pgconn
        self.names: dict[tuple[str, tuple[int, ...]], bytes] = {}
        self.numbers = count()
        self.read = Transformer(Reading(connection, PreparedCursor.adapters))
        self.read_as_text = Transformer(Reading(connection, TextCursor.adapters))

    def fetch(self, sql: str, parameters: Sequence[Any], instants_as_text: bool) -> list[Any]:
        reading = self.read_as_text if instants_as_text else self.read
        values: Any = reading.dump_sequence(parameters, [PyFormat.AUTO] * len(parameters))
        types = tuple(reading.types or ())
        self._begin()
        name = self.names.get((sql, types)) or self._prepare(sql, types)
        found = self.server.exec_prepared(name, values, reading.formats)
        self._check(found.status == ExecStatus.TUPLES_OK, found)
        reading.set_pgresult(found)
        return reading.load_rows(0, found.ntuples, tuple)

    def commit(self) -> None:
        """End the transaction, if one was begun."""
        if self.server.transaction_status != TransactionStatus.IDLE:
            self._say(b"COMMIT")

    def _begin(self) -> None:
        """As psycopg does before the first statement of a transaction."""
        connection = self.connection
        if connection.autocommit or self.server.transaction_status != TransactionStatus.IDLE:
            return
        level = connection.isolation_level
        self._say(f"BEGIN ISOLATION LEVEL {level.name.replace('_', ' ')}".encode() if level else b"BEGIN")

    def _say(self, command: bytes) -> None:
        said = self.server.exec_(command)
        self._check(said.status == ExecStatus.COMMAND_OK, said)

    def _prepare(self, sql: str, types: tuple[int, ...]) -> bytes:
        if len(self.names) >= MOST:
            self.names.clear()
            self.server.exec_(b"DEALLOCATE ALL")
        name = b"djirgo_%d" % next(self.numbers)
        said = self.server.prepare(name, _numbered(sql), types)
        self._check(said.status == ExecStatus.COMMAND_OK, said)
        self.names[sql, types] = name
        return name

    def _check(self, is_well: bool, said: Any) -> None:
        if is_well:
            return
        if self.server.status == ConnStatus.BAD:
            raise psycopg.OperationalError(said.get_error_message() or "the connection is lost")
        raise error_from_result(said)


def of(connection: psycopg.Connection[Any]) -> Statements:
    """Those of this connection, for as long as it lives."""
    kept: Statements | None = vars(connection).get("djirgo_statements")
    if kept is None:
        kept = vars(connection)["djirgo_statements"] = Statements(connection)
    return kept


@lru_cache(maxsize=1024)
def _numbered(sql: str) -> bytes:
    """With `$1`, `$2` … in the place of `%s`."""
    first, *others = sql.split("%s")
    text = first + "".join(f"${number}{piece}" for number, piece in enumerate(others, 1))
    return text.replace("%%", "%").encode()
