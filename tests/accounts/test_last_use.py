"""When a token was last used: known to the minute, and never at the cost of a request."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from djirgo.accounts import last_use
from djirgo.accounts.models import ApiToken

from .conftest import Person, whoever_holds

pytestmark = pytest.mark.django_db
PATIENCE = 10


def last_used_at() -> datetime | None:
    return ApiToken.objects.get().last_used_at


def used(ago: timedelta) -> datetime:
    moment = timezone.now() - ago
    ApiToken.objects.update(last_used_at=moment)
    return moment


def test_the_first_use_is_noted_and_shown(ann: Person) -> None:
    made = ann.make_token()
    before = timezone.now()
    whoever_holds(made).is_let_in()
    shown = ann.send("get", f"tokens/{made['id']}/").json()["last_used_at"]

    assert before <= datetime.fromisoformat(shown) <= timezone.now()


def test_within_a_minute_nothing_more_is_noted(
    ann: Person, later: Callable[[], None], django_assert_num_queries
) -> None:
    holder = whoever_holds(ann.make_token())
    noted = used(timedelta(seconds=50))
    later()
    with django_assert_num_queries(2):
        holder.is_let_in()

    assert last_used_at() == noted


def test_after_a_minute_it_is_noted_again(ann: Person, later: Callable[[], None]) -> None:
    holder = whoever_holds(ann.make_token())
    noted = used(timedelta(seconds=61))
    later()
    holder.is_let_in()

    assert last_used_at() > noted


def test_of_two_who_saw_the_same_old_note_one_writes(ann: Person) -> None:
    ann.make_token()
    token, now = ApiToken.objects.get(), timezone.now()
    last_use.note(token, at=now)
    last_use.note(token, at=now + timedelta(seconds=1))

    assert last_used_at() == now


def test_a_token_that_is_refused_is_not_in_use(ann: Person) -> None:
    made = ann.make_token()
    ann.user.deactivate()
    whoever_holds(made).is_let_in()

    assert last_used_at() is None


@pytest.mark.django_db(transaction=True)
def test_a_request_does_not_wait_for_whoever_writes(ann: Person, later: Callable[[], None]) -> None:
    """While the one holds the lock, the other is answered: on SQLite there is one for all, on PostgreSQL one a row."""
    holder = whoever_holds(ann.make_token())
    locked, answered = Event(), Event()

    def write() -> bool:
        try:
            with transaction.atomic():
                ApiToken.objects.select_for_update().get()
                locked.set()
                return answered.wait(PATIENCE)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        locked.wait(PATIENCE)
        assert holder.is_let_in()
        answered.set()
        assert writing.result()

    assert last_used_at() is None
    assert patience() == usual_patience()
    later()
    assert holder.is_let_in()
    assert last_used_at() is not None
    assert patience() == usual_patience()


def patience() -> str:
    """For how many milliseconds this connection waits for others; 0 is for ever on PostgreSQL."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout" if connection.vendor == "sqlite" else "SHOW lock_timeout")
        return str(cursor.fetchone()[0])


def usual_patience() -> str:
    return str(1000 * connection.settings_dict["OPTIONS"].get("timeout", 0))


def test_a_note_that_cannot_be_written_fails_no_request(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise DatabaseError("attempt to write a readonly database")

    holder = whoever_holds(ann.make_token())
    monkeypatch.setattr("djirgo.accounts.models.token.ApiTokenQuerySet.update", fail)

    assert holder.is_let_in()
