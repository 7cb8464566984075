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

from djirgo.ops.sqlite.turn import NotYet, breathe, turn


class DatabaseWrapper(SQLite):
    def _start_transaction_under_autocommit(self) -> None:
        (patience,) = self.connection.execute("PRAGMA busy_timeout").fetchone()
        deadline = monotonic() + patience / 1000
        with debug_transaction(self, "BEGIN"), self.wrap_database_errors:
            try:
                with turn(str(self.settings_dict["NAME"]), deadline):
                    self._begin(patience, deadline)
            except NotYet:
                raise sqlite3.OperationalError("database is locked") from None

    def _begin(self, patience: int, deadline: float) -> None:
        """Ask for the write lock, at once and again, instead of having SQLite sleep for it."""
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            while not self._has_begun():
                breathe(deadline)
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {patience}")

    def _has_begun(self) -> bool:
        try:
            self.connection.execute(f"BEGIN {self.transaction_mode}")  # type: ignore[attr-defined]
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                return False
            raise
        return True

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
