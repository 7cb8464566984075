"""Changing the tables: by one process at a time, and for as long as it takes."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

#: Any number that nobody else locks.
LOCK = 7_117_000_001


@contextmanager
def locked() -> Iterator[None]:
    """On PostgreSQL, where several machines may migrate the same database. SQLite's is looked after by `up` alone."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
            cursor.execute("RESET statement_timeout")
