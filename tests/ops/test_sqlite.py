"""SQLite among many threads."""

import gc
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic

import pytest
from django.db import OperationalError, connection, transaction

from djirgo.ops.sqlite.turn import Turns, turns

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "connection.vendor != 'sqlite'",
        reason="PostgreSQL has no write lock of the whole database to stand in line for",
    ),
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
    line = the_line()
    line.take(monotonic() + 60)
    try:
        with pytest.raises(OperationalError, match="locked"), transaction.atomic():
            pass
    finally:
        line.give_back()


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
def test_however_a_transaction_ends_the_turn_goes_to_the_next(end: str) -> None:
    with suppress(ZeroDivisionError), transaction.atomic():
        assert the_line()._is_taken
        if end == "rollback":
            raise ZeroDivisionError
        if end == "close":
            connection.close()
    assert not the_line()._is_taken


def test_whoever_has_the_turn_and_gets_no_lock_gives_it_back(impatient: None) -> None:
    _wait_in_vain()
    assert not the_line()._is_taken


def test_what_else_has_to_wait_waits_as_long_as_before() -> None:
    before = patience()
    with transaction.atomic():
        assert patience() == before >= 20_000
    assert patience() == before


def the_line() -> Turns:
    return turns(connection.settings_dict["NAME"])


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
