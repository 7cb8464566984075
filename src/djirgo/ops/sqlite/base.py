"""Whoever waits for the write lock in vain leaves nothing behind that another thread could stumble over.

The frames of a failure hold its cursor in a circle. A garbage collection in another thread would free it there, wait
for the connection, with which this thread is already waiting for the lock again, and keep the whole process waiting
meanwhile: also the thread that has the lock.
"""

from django.db.backends.sqlite3.base import DatabaseWrapper as SQLite


class DatabaseWrapper(SQLite):
    def _start_transaction_under_autocommit(self) -> None:
        with self.cursor() as cursor:
            cursor.execute(f"BEGIN {self.transaction_mode}")  # type: ignore[attr-defined]
