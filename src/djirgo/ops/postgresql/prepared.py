"""What one connection keeps prepared for `djirgo.statements`, asked through libpq without the ceremony of a cursor.

A cursor of psycopg looks at each statement anew: what of it is a parameter, whether it is prepared, whether somebody
else is using the connection. These statements are known, and a connection belongs to one thread at a time.

What nobody waits for is not sent at once: it goes along with whatever is asked next, at the latest with the commit. To
go to the server and back costs as much as most statements do.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import count
from select import POLLIN, POLLOUT, poll
from typing import Any, NamedTuple

import psycopg
from psycopg.adapt import AdaptersMap, PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

from djirgo.ops.postgresql.cursor import PreparedCursor, TextCursor

#: How many a connection keeps at most. When there are more it begins anew.
MOST = 200
DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


class Reading:
    """How values are written and read: what a `Transformer` wants to know."""

    def __init__(self, connection: psycopg.Connection[Any], adapters: AdaptersMap) -> None:
        self.connection = connection
        self.adapters = adapters


class Said(NamedTuple):
    """A statement with its values, as the server takes them."""

    name: bytes
    values: Any = None
    formats: Any = None


class Statements:
    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.server = connection.pgconn
        self.names: dict[tuple[str, tuple[int, ...]], bytes] = {}
        self.numbers = count()
        self.read = Transformer(Reading(connection, PreparedCursor.adapters))
        self.read_as_text = Transformer(Reading(connection, TextCursor.adapters))
        #: What is to go along with the next.
        self.unsent: list[Said] = []

    def fetch(self, sql: str, parameters: Sequence[Any], instants_as_text: bool) -> list[Any]:
        reading = self.read_as_text if instants_as_text else self.read
        self._begin()
        said = self._said(sql, parameters, reading)
        found = self._answered(said)
        reading.set_pgresult(found)
        return reading.load_rows(0, found.ntuples, tuple)

    def run(self, sql: str, parameters: Sequence[Any]) -> None:
        """As part of the transaction that is open. If it fails, so does what it goes along with."""
        self._begin()
        said = self._said(sql, parameters, self.read)
        self.unsent.append(said)

    def commit(self) -> None:
        """End the transaction, if one was begun."""
        if self.unsent:
            self._answered(Said(self._name("COMMIT")))
        elif self.server.transaction_status != TransactionStatus.IDLE:
            self._check(self.server.exec_(b"COMMIT"))

    def settle(self) -> None:
        """Send what has not been sent: somebody else is about to use the connection."""
        if self.unsent:
            self._answered(self.unsent.pop())

    def forget(self) -> None:
        """What has not been sent will not be: the transaction that it belongs to is undone."""
        self.unsent.clear()

    def _said(self, sql: str, parameters: Sequence[Any], writing: Any) -> Said:
        values: Any = writing.dump_sequence(parameters, [PyFormat.AUTO] * len(parameters))
        return Said(self._name(sql, tuple(writing.types or ())), values, writing.formats)

    def _name(self, sql: str, types: tuple[int, ...] = ()) -> bytes:
        return self.names.get((sql, types)) or self._prepare(sql, types)

    def _begin(self) -> None:
        """As psycopg does before the first statement of a transaction."""
        connection = self.connection
        if connection.autocommit or self.unsent or self.server.transaction_status != TransactionStatus.IDLE:
            return
        level = connection.isolation_level
        begin = f"BEGIN ISOLATION LEVEL {level.name.replace('_', ' ')}" if level else "BEGIN"
        self.unsent.append(Said(self._name(begin)))

    def _answered(self, said: Said) -> Any:
        if self.unsent:
            return self._all_answered(said)
        found = self.server.exec_prepared(said.name, said.values, said.formats)
        self._check(found)
        return found

    def _all_answered(self, last: Said) -> Any:
        """Send what waits and the last together, and wait once. The first that fails is the error of all."""
        together = [*self.unsent, last]
        self.unsent.clear()
        try:
            answers = self._exchanged(together)
        except BaseException:
            self.connection.close()  # nobody could tell what it is about to answer
            raise
        for answer in answers:
            self._check(answer)
        return answers[-1]

    def _exchanged(self, together: Sequence[Said]) -> list[Any]:
        server = self.server
        server.enter_pipeline_mode()
        for said in together:
            server.send_query_prepared(said.name, said.values, said.formats)
        server.pipeline_sync()
        answers = []
        for _ in together:
            answers.append(self._next_answer())
            self._next_answer()  # which says that there is no more of it
        self._next_answer()  # which says that these were all
        server.exit_pipeline_mode()
        return answers

    def _next_answer(self) -> Any:
        server = self.server
        while server.is_busy():
            socket = poll()
            socket.register(server.socket, POLLIN | POLLOUT if server.flush() else POLLIN)
            socket.poll()
            server.consume_input()
        return server.get_result()

    def _prepare(self, sql: str, types: tuple[int, ...]) -> bytes:
        if len(self.names) >= MOST:
            self.settle()
            self.names.clear()
            self.server.exec_(b"DEALLOCATE ALL")
        name = b"djirgo_%d" % next(self.numbers)
        self._check(self.server.prepare(name, _numbered(sql), types))
        self.names[sql, types] = name
        return name

    def _check(self, answer: Any) -> None:
        if answer is None:
            raise psycopg.OperationalError("the connection is lost")
        if answer.status in DONE:
            return
        if self.server.status == ConnStatus.BAD:
            raise psycopg.OperationalError(answer.get_error_message() or "the connection is lost")
        raise error_from_result(answer)


class Connection(psycopg.Connection[Any]):
    """What has not been sent is sent before anything else is asked, whoever asks; psycopg waits here for all of it."""

    def wait(self, *args: Any, **kwargs: Any) -> Any:
        of(self).settle()
        return super().wait(*args, **kwargs)

    def rollback(self) -> None:
        of(self).forget()
        super().rollback()


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
