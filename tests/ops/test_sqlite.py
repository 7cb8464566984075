"""SQLite among many threads."""

import gc
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest
from django.db import OperationalError, connection, transaction

from djirgo.ops.sqlite.turn import turn

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL's cursors belong to no thread"),
]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.05)


def test_who_waits_for_the_lock_in_vain_leaves_no_cursor_with_a_statement(impatient: None) -> None:
    """One that is left in a circle would be freed by whichever thread collects garbage, and keep all waiting."""
    connection.ensure_connection()
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
    with turn(connection.settings_dict["NAME"], monotonic() + 60), pytest.raises(OperationalError, match="locked"):
        in_another_thread(lambda: transaction.atomic().__enter__())


def test_what_else_has_to_wait_waits_as_long_as_before() -> None:
    before = patience()
    with transaction.atomic():
        assert patience() == before >= 20_000
    assert patience() == before


def in_another_thread(do: Callable[[], object]) -> None:
    def run() -> None:
        try:
            do()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


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
