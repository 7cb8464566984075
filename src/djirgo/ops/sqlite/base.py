"""Whoever waits for the write lock in vain leaves nothing behind that another thread could stumble over.

The frames of a failure hold its cursor in a circle. A garbage collection in another thread would free it there, wait
for the connection, with which this thread is already waiting for the lock again, and keep the whole process waiting
meanwhile: also the thread that has the lock.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3.base import FORMAT_QMARK_REGEX
from django.db.backends.sqlite3.base import DatabaseWrapper as SQLite


class DatabaseWrapper(SQLite):
    def _start_transaction_under_autocommit(self) -> None:
        with self.cursor() as cursor:
            cursor.execute(f"BEGIN {self.transaction_mode}")  # type: ignore[attr-defined]

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


@lru_cache(maxsize=1024)
def _in_its_own_style(sql: str) -> str:
    """With `?` in the place of `%s`, as Django's cursor turns it round each time."""
    return str(FORMAT_QMARK_REGEX.sub("?", sql).replace("%%", "%"))
