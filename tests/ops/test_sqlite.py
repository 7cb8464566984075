"""SQLite among many threads."""

import gc
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic

import pytest
from django.db import OperationalError, connection, transaction

from djirgo.ops.sqlite.turn import turn

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL's cursors belong to no thread"),
]


@pytest.fixture
def impatient() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 50")
    yield
    connection.close()


def test_who_waits_for_the_lock_in_vain_leaves_no_cursor_with_a_statement(impatient: None) -> None:
    """One that is left in a circle would be freed by whichever thread collects garbage, and keep all waiting."""
    gc.collect()
    gc.disable()
    try:
        _wait_in_vain()
        left = [thing for thing in gc.get_objects() if issubclass(type(thing), sqlite3.Cursor)]
        assert [cursor for cursor in left if not _is_closed(cursor)] == []
    finally:
        gc.enable()
        connection.close()


def test_who_is_not_first_in_line_by_then_is_told_that_it_is_locked(impatient: None) -> None:
    is_first, is_over = Event(), Event()

    def be_first() -> None:
        with turn(connection.settings_dict["NAME"], monotonic() + 60):
            is_first.set()
            is_over.wait(60)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(be_first)
        assert is_first.wait(60)
        with pytest.raises(OperationalError, match="locked"), transaction.atomic():
            pass
        is_over.set()


def test_what_else_has_to_wait_waits_as_long_as_before() -> None:
    before = patience()
    with transaction.atomic():
        assert patience() == before >= 20_000
    assert patience() == before


def patience() -> int:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        return int(cursor.fetchone()[0])


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
