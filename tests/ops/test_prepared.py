"""What PostgreSQL keeps prepared: the hot statements, on each connection, whatever happens to a transaction."""

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

from djirgo.accounts.models import User
from djirgo.ops.postgresql import prepared
from djirgo.ops.start import apart
from djirgo.statements import fetch

pytestmark = [
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has its own cache of statements"),
    pytest.mark.django_db(transaction=True),
]
ASKED = "SELECT id FROM accounts_user WHERE username = %s"
KEPT = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT id FROM accounts_user WHERE%%'"


@pytest.fixture(autouse=True)
def _fresh_connection() -> Iterator[None]:
    connection.close_pool()  # type: ignore[attr-defined]
    connection.close()
    yield
    connection.close()


def test_what_is_asked_twice_is_prepared_once(ann: User) -> None:
    assert [fetch(ASKED, ["ann"]) for _ in range(3)] == [[(ann.pk,)]] * 3
    assert fetch(KEPT) == [(1,)]


def test_a_transaction_that_was_rolled_back_takes_no_statement_along(ann: User) -> None:
    fetch(ASKED, ["ann"])
    with pytest.raises(IntegrityError), transaction.atomic():
        fetch("INSERT INTO tasks_project (name, is_open, own_tasks_only, policy, turns, created_at)"
              " VALUES (%s, true, false, 'manual', 0, now()) RETURNING id", [""])  # fmt: skip
    assert fetch(ASKED, ["ann"]) == [(ann.pk,)]
    assert fetch(KEPT) == [(1,)]


def test_what_is_written_belongs_to_the_transaction(ann: User) -> None:
    with transaction.atomic():
        fetch("UPDATE accounts_user SET email = %s WHERE id = %s RETURNING id", ["ann@example.com", ann.pk])
        transaction.set_rollback(True)
    assert fetch("SELECT email FROM accounts_user WHERE id = %s", [ann.pk]) == [(ann.email,)]


def test_after_a_failure_nothing_is_asked_in_the_same_transaction(ann: User) -> None:
    with transaction.atomic():
        with pytest.raises(DatabaseError):
            fetch("SELECT 1 / %s::int", [0])
        with pytest.raises(DatabaseError):
            fetch(ASKED, ["ann"])


def test_one_that_the_server_has_ended_is_away_and_the_next_is_there(ann: User) -> None:
    ((pid,),) = fetch("SELECT pg_backend_pid()")
    with apart() as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with pytest.raises(OperationalError):
        fetch(ASKED, ["ann"])
    connection.close()
    assert fetch(ASKED, ["ann"]) == [(ann.pk,)]


def test_a_connection_keeps_only_so_many(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "MOST", 3)
    for number in range(8):
        assert fetch(f"SELECT {number}::int + %s::int", [1]) == [(number + 1,)]
    ((kept,),) = fetch("SELECT count(*) FROM pg_prepared_statements")
    assert kept <= 3
    assert fetch(ASKED, ["ann"]) == [(ann.pk,)]


def test_nothing_is_prepared_where_a_pooler_could_not_bear_it(ann: User, settings: object) -> None:
    settings.PREPARED_STATEMENTS = False  # type: ignore[attr-defined]
    assert [fetch(ASKED, ["ann"]) for _ in range(8)] == [[(ann.pk,)]] * 8
    assert fetch("SELECT count(*) FROM pg_prepared_statements") == [(0,)]
