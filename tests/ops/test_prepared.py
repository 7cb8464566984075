"""What PostgreSQL keeps prepared: the hot statements, on each connection, whatever happens to a transaction."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

from djirgo.accounts.models import User
from djirgo.ops.postgresql import prepared
from djirgo.ops.start import apart
from djirgo.statements import fetch, run

pytestmark = [
    pytest.mark.skipif(
        "connection.vendor != 'postgresql'", reason="SQLite keeps its statements itself, and has no way to a server"
    ),
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


def test_nothing_is_prepared_where_a_pooler_could_not_bear_it(ann: User, settings: Any) -> None:
    settings.PREPARED_STATEMENTS = False
    unprepared: Any = connection.copy()
    try:
        assert [unprepared.fetch(ASKED, ["ann"], False) for _ in range(8)] == [[(ann.pk,)]] * 8
        assert unprepared.fetch("SELECT count(*) FROM pg_prepared_statements", [], False) == [(0,)]
    finally:
        unprepared.close()


# --- What nobody waits for --------------------------------------------------------------------------------------------

GIVE = "UPDATE accounts_user SET email = %s WHERE username = %s RETURNING id"


def email() -> Any:
    """As everybody else sees it."""
    with apart() as other, other.cursor() as cursor:
        cursor.execute("SELECT email FROM accounts_user WHERE username = 'ann'")
        return cursor.fetchone()[0]


def undo() -> None:
    raise LookupError


def unsent() -> int:
    return len(prepared.of(connection.connection).unsent)


def test_it_goes_along_with_the_commit(ann: User) -> None:
    with transaction.atomic():
        run(GIVE, ["a@example.com", "ann"])
        run(GIVE, ["b@example.com", "ann"])
        assert unsent() == 3  # the transaction begins with it
    assert (unsent(), email()) == (0, "b@example.com")


def test_it_is_done_before_whatever_is_asked_next_by_whomever(ann: User) -> None:
    with transaction.atomic():
        run(GIVE, ["a@example.com", "ann"])
        assert fetch("SELECT email FROM accounts_user WHERE id = %s", [ann.pk]) == [("a@example.com",)]
        run(GIVE, ["b@example.com", "ann"])
        assert User.objects.get(username="ann").email == "b@example.com"
        run(GIVE, ["c@example.com", "ann"])
        User.objects.filter(email="c@example.com").update(email="d@example.com")
    assert email() == "d@example.com"


def test_outside_of_a_transaction_it_is_done_at_once(ann: User) -> None:
    run(GIVE, ["a@example.com", "ann"])
    assert email() == "a@example.com"


def test_it_is_undone_with_its_transaction(ann: User) -> None:
    with pytest.raises(LookupError), transaction.atomic():  # noqa: PT012
        run(GIVE, ["a@example.com", "ann"])
        undo()
    assert (unsent(), email()) == (0, ann.email)


def test_a_savepoint_takes_back_what_came_after_it_and_no_more(ann: User) -> None:
    with transaction.atomic():
        run(GIVE, ["a@example.com", "ann"])
        with pytest.raises(LookupError), transaction.atomic():  # noqa: PT012
            run(GIVE, ["b@example.com", "ann"])
            undo()
    assert email() == "a@example.com"


@pytest.mark.parametrize("ask", [lambda: fetch("SELECT 1"), lambda: User.objects.count(), lambda: None])
def test_what_is_wrong_with_it_is_said_by_what_it_goes_along_with(ann: User, ask: Callable[[], Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():  # noqa: PT012
        run(GIVE, ["a@example.com", "ann"])
        run("UPDATE accounts_user SET username = NULL WHERE id = %s RETURNING id", [ann.pk])
        ask()
    assert (unsent(), email()) == (0, ann.email)
    assert fetch(ASKED, ["ann"]) == [(ann.pk,)]


def test_a_connection_that_is_given_back_takes_none_of_it_along(ann: User) -> None:
    with transaction.atomic():
        run(GIVE, ["a@example.com", "ann"])
        connection.close()
    assert fetch(ASKED, ["ann"]) == [(ann.pk,)]
    with transaction.atomic():
        fetch(ASKED, ["ann"])
    assert email() == ann.email


def test_where_the_server_has_gone_meanwhile_nothing_of_it_is_done(ann: User) -> None:
    with pytest.raises(OperationalError), transaction.atomic():  # noqa: PT012
        ((pid,),) = fetch("SELECT pg_backend_pid()")
        run(GIVE, ["a@example.com", "ann"])
        with apart() as other, other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    connection.close()
    assert fetch(ASKED, ["ann"]) == [(ann.pk,)]
    assert email() == ann.email


def test_more_of_it_than_fits_on_the_way_to_the_server_and_back(ann: User) -> None:
    much = "x" * 3_000_000
    with transaction.atomic():
        for _ in range(8):
            run("SELECT %s::text", [much])
        assert fetch("SELECT length(%s::text)", [much]) == [(3_000_000,)]


def test_a_connection_that_begins_anew_sends_it_first(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "MOST", 3)
    with transaction.atomic():
        for number in range(8):
            run(
                f"UPDATE /* {number} */ accounts_user SET first_name = first_name || %s WHERE id = %s",  # noqa: S608
                [str(number), ann.pk],
            )
    assert User.objects.get().first_name == "01234567"
