"""SQLite among many threads."""

import gc
import sqlite3

import pytest
from django.db import OperationalError, connection, transaction

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL's cursors belong to no thread"),
]


def test_who_waits_for_the_lock_in_vain_leaves_no_cursor_with_a_statement() -> None:
    """One that is left in a circle would be freed by whichever thread collects garbage, and keep all waiting."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")
    gc.collect()
    gc.disable()
    try:
        _wait_in_vain()
        left = [thing for thing in gc.get_objects() if issubclass(type(thing), sqlite3.Cursor)]
        assert [cursor for cursor in left if not _is_closed(cursor)] == []
    finally:
        gc.enable()
        connection.close()


def _wait_in_vain() -> None:
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE").close()
    try:
        with pytest.raises(OperationalError, match="locked"), transaction.atomic():
            pass
    finally:
        other.close()


def _is_closed(cursor: sqlite3.Cursor) -> bool:
    try:
        cursor.fetchone()
    except sqlite3.ProgrammingError as problem:
        return "closed" in str(problem)
    return False
