"""Whoever wants a connection waits for the pool, but not all of them for a server that has just been found to be away.

The first who get none in time have waited for nothing. After that one at a time tries, and all others are told at once
that the database is away, so that no process spends its threads on waiting for it; until one has a connection again.
"""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from threading import Lock
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.base.base import RAN_DB_VERSION_CHECK
from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQL
from django.db.backends.utils import debug_transaction
from psycopg import OperationalError

from djirgo.ops.postgresql import prepared
from djirgo.ops.postgresql.alive import is_alive
from djirgo.ops.postgresql.cursor import PreparedCursor, TextCursor


class Doubt:
    """Whether the last who wanted a connection got one; shared by the threads of a process."""

    def __init__(self) -> None:
        self.is_there = False
        self.trying = Lock()


class Latest(deque[Any]):
    """Gives what it was given last: the server's process at the other end still has at hand what it needs."""

    def popleft(self) -> Any:
        return self.pop()


doubt = Doubt()
making_a_pool = Lock()


class DatabaseWrapper(PostgreSQL):
    def __init__(self, settings_dict: dict[str, Any], alias: str = DEFAULT_DB_ALIAS) -> None:
        super().__init__(settings_dict, alias)
        if pool := settings_dict["OPTIONS"].get("pool"):
            pool["connection_class"] = prepared.Connection
        self.prepares = settings.PREPARED_STATEMENTS and not settings.DEBUG

    @property
    def pool(self) -> Any:
        """Django's, but that it lends what was given back last."""
        return self._connection_pools.get(self.alias) or self._made_pool()  # type: ignore[attr-defined]

    def _made_pool(self) -> Any:
        with making_a_pool:
            pool = PostgreSQL.pool.fget(self)  # type: ignore[attr-defined]
            if pool is not None and not isinstance(pool._pool, Latest):
                pool._pool = Latest(pool._pool)
        return pool

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if not self.pool:
            return super().get_new_connection(conn_params)
        return self._without_doubt(lambda: PostgreSQL.get_new_connection(self, conn_params))

    def connect(self) -> None:
        """As Django does it; but what comes out of the pool was set up when it was opened, and is so each time."""
        pool = self._known_pool
        if pool is None:
            super().connect()
            return
        self.in_atomic_block = self.needs_rollback = self.closed_in_transaction = self.errors_occurred = False
        self.savepoint_ids, self.atomic_blocks, self.run_on_commit = [], [], []
        self.health_check_done, self.close_at = True, 0.0
        self.connection = self._taken(pool)
        self.autocommit = True

    def close_if_unusable_or_obsolete(self) -> None:
        """What came out of the pool goes back, in whatever state it is: the pool finds out."""
        if self.pool and self.connection is not None:
            self.close()
        else:
            super().close_if_unusable_or_obsolete()

    @property
    def _known_pool(self) -> Any:
        """The pool, once Django has looked at the server that it leads to."""
        pool = self.pool if self.alias in RAN_DB_VERSION_CHECK else None
        if pool is not None and pool.closed:
            pool.open()
        return pool

    def _taken(self, pool: Any) -> Any:
        connection = self._without_doubt(pool.getconn)
        if not connection.autocommit:
            connection.autocommit = True
        return connection

    def _without_doubt(self, ask: Callable[[], Any]) -> Any:
        if not doubt.is_there:
            return self._living(ask)
        if not doubt.trying.acquire(blocking=False):
            raise OperationalError("the database was away a moment ago")
        try:
            return self._living(ask)
        finally:
            doubt.trying.release()

    def _living(self, ask: Callable[[], Any]) -> Any:
        try:
            connection = ask()
            while not is_alive(connection):
                self.pool.putconn(connection)  # which sees that it is closed, and opens another
                connection = ask()
        except OperationalError:
            doubt.is_there = True
            raise
        doubt.is_there = False
        return connection

    def ensure_connection(self) -> None:
        """As Django does it, which also makes sure that it is not asked by a coroutine; there are none here."""
        if self.connection is None:
            super().ensure_connection()

    def set_autocommit(self, autocommit: bool, force_begin_transaction_with_broken_autocommit: bool = False) -> None:
        """As Django does it, where nobody listens to what is asked: nothing is."""
        if self.connection is None or self.queries_logged:
            super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)
            return
        self.validate_no_atomic_block()
        with self.wrap_database_errors:
            self.connection.autocommit = autocommit
        self.autocommit = autocommit
        if autocommit and self.run_commit_hooks_on_set_autocommit_on:
            self.run_and_clear_commit_hooks()
            self.run_commit_hooks_on_set_autocommit_on = False

    def _commit(self) -> None:
        """As Django does it, past psycopg's way to wait for an answer, for there is one thing to wait for."""
        if self.connection is None:
            return
        with debug_transaction(self, "COMMIT") if self.queries_logged else nullcontext(), self.wrap_database_errors:
            prepared.of(self.connection).commit()

    def _savepoint_rollback(self, sid: str) -> None:
        """What has not been sent yet was to happen after the savepoint, which was sent itself."""
        prepared.of(self.connection).forget()
        super()._savepoint_rollback(sid)  # type: ignore[misc]

    def _close(self) -> None:
        if self.connection is not None:
            prepared.of(self.connection).forget()
        super()._close()  # type: ignore[misc]

    @property
    def _asks_by_cursor(self) -> bool:
        """Where nothing may be prepared, or somebody listens to what is asked."""
        return not self.prepares or self.force_debug_cursor or bool(self.execute_wrappers)

    def run(self, sql: str, parameters: Sequence[Any]) -> None:
        """For `djirgo.statements`: inside a transaction, to go along with what is asked next."""
        if self._asks_by_cursor or self.autocommit or not isinstance(self.connection, prepared.Connection):
            self.fetch(sql, parameters, instants_as_text=False)
            return
        self.validate_no_broken_transaction()
        with self.wrap_database_errors:
            prepared.of(self.connection).run(sql, parameters)

    def fetch(self, sql: str, parameters: Sequence[Any], instants_as_text: bool) -> list[Any]:
        """For `djirgo.statements`: past all cursors, unless somebody listens to what they are asked."""
        with self.wrap_database_errors:
            if self._asks_by_cursor:
                return self._fetched_by_cursor(sql, parameters, instants_as_text)
            pool = self._known_pool if self.connection is None and not self.in_atomic_block else None
            if pool is not None:
                return self._fetched_in_passing(pool, sql, parameters, instants_as_text)
            self.ensure_connection()
            self.validate_no_broken_transaction()
            return prepared.of(self.connection).fetch(sql, parameters, instants_as_text)

    def _fetched_by_cursor(self, sql: str, parameters: Sequence[Any], instants_as_text: bool) -> list[Any]:
        self.ensure_connection()
        cursor = (TextCursor if instants_as_text else PreparedCursor)(self.connection)
        with self._prepare_cursor(cursor) as listened_to:  # type: ignore[attr-defined]
            listened_to.execute(sql, parameters)
            return list(listened_to.fetchall())

    def _fetched_in_passing(self, pool: Any, sql: str, parameters: Sequence[Any], instants_as_text: bool) -> list[Any]:
        """Outside of transactions: by a connection that goes back to the pool at once, for others to use."""
        connection = self._taken(pool)
        try:
            return prepared.of(connection).fetch(sql, parameters, instants_as_text)
        finally:
            pool.putconn(connection)
