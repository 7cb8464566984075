"""Django's SQLite, but that whoever wants to write waits for their turn (`turn`).

Whoever waits for the write lock in vain leaves nothing behind that another thread could stumble over. The frames of a
failure hold its cursor in a circle. A garbage collection in another thread would free it there, wait for the
connection, with which this thread is already waiting for the lock again, and keep the whole process waiting meanwhile:
also the thread that has the lock. So the lock is asked for without a cursor.
"""

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from time import monotonic
from typing import Any

from django.db.backends.sqlite3.base import FORMAT_QMARK_REGEX
from django.db.backends.sqlite3.base import DatabaseWrapper as SQLite
from django.db.backends.utils import debug_transaction

from djirgo.ops.sqlite.turn import NotYet, turns


class DatabaseWrapper(SQLite):
    _has_turn = False

    def _start_transaction_under_autocommit(self) -> None:
        with debug_transaction(self, "BEGIN"), self.wrap_database_errors:
            self._take_turn()
            try:
                self.connection.execute(f"BEGIN {self.transaction_mode}")  # type: ignore[attr-defined]
            except BaseException:
                self._give_turn_back()
                raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._give_turn_back()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._give_turn_back()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._give_turn_back()

    def _take_turn(self) -> None:
        (patience,) = self.connection.execute("PRAGMA busy_timeout").fetchone()
        try:
            turns(str(self.settings_dict["NAME"])).take(monotonic() + patience / 1000)
        except NotYet:
            raise sqlite3.OperationalError("database is locked") from None
        self._has_turn = True

    def _give_turn_back(self) -> None:
        if self._has_turn:
            self._has_turn = False
            turns(str(self.settings_dict["NAME"])).give_back()

    def fetch(self, sql: str, parameters: Sequence[Any], instants_as_text: bool) -> list[Any]:
        """For `djirgo.statements`: past Django's cursors, unless somebody listens to what they are asked.

        Instants are texts here in any case.
        """
        if self.queries_logged or self.execute_wrappers:
            with self.cursor() as cursor:
                cursor.execute(sql, parameters)
                return list(cursor.fetchall())
        self.validate_no_broken_transaction()
        self.ensure_connection()
        with self.wrap_database_errors:
            return list(self.connection.execute(_in_its_own_style(sql), parameters).fetchall())

    def run(self, sql: str, parameters: Sequence[Any]) -> None:
        """For `djirgo.statements`: the same, of what nobody waits for. There is no way to a server to be saved here."""
        self.fetch(sql, parameters, instants_as_text=True)


@lru_cache(maxsize=1024)
def _in_its_own_style(sql: str) -> str:
    """With `?` in the place of `%s`, as Django's cursor turns it round each time."""
    return str(FORMAT_QMARK_REGEX.sub("?", sql).replace("%%", "%"))
