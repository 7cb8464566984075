"""What a process remembers of sessions is never older than a moment, and never somebody else's."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from djirgo.accounts import jwt, sessions
from djirgo.accounts.models import User
from djirgo.accounts.sessions import Session, Sessions

pytestmark = pytest.mark.django_db
Change = Callable[[User], None]


@pytest.fixture
def ann(db: None) -> User:
    return User.objects.create_user("ann", "ann@example.org", "correct horse battery")


def session_of(user: User) -> Session:
    return Session.of(user, jwt.RefreshToken.for_user(user).access_token)


def remembering(session: Session, moment: int) -> Sessions:
    known = Sessions()
    assert known.find(b"token", moment) is None
    known.keep(b"token", session, moment)
    return known


def test_what_was_good_a_moment_ago_is_looked_at_once_for_all(ann: User, django_assert_num_queries: Any) -> None:
    known = remembering(session_of(ann), 1)
    for number in range(50):
        known.keep(f"token {number}".encode(), session_of(ann), 1)
    with django_assert_num_queries(1):
        assert all(known.find(f"token {number}".encode(), 2) for number in range(50))


CHANGES: dict[str, Change] = {
    "deactivated": User.deactivate,
    "logged out everywhere": User.end_sessions,
    "closed": lambda user: user.close(at=timezone.now()),
    "renamed": lambda user: User.objects.filter(pk=user.pk).update(username="anna") and None,
    "made staff": lambda user: User.objects.filter(pk=user.pk).update(is_staff=True) and None,
    "gone": lambda user: user.delete() and None,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_who_has_changed_is_forgotten_with_the_moment(ann: User, change: Change) -> None:
    known = remembering(session_of(ann), 1)
    change(User.objects.get(pk=ann.pk))

    assert known.find(b"token", 1) is not None
    assert known.find(b"token", 2) is None


def test_a_session_that_was_found_in_a_moment_that_is_over_is_not_kept(ann: User) -> None:
    known = Sessions()
    known.find(b"token", 1)
    session = session_of(ann)
    known.find(b"token", 2)
    known.keep(b"token", session, 1)

    assert known.find(b"token", 2) is None


def test_an_expired_token_is_good_for_nothing_within_the_moment(ann: User) -> None:
    known = remembering(session_of(ann)._replace(expires_at=0), 1)

    assert known.find(b"token", 1) is None


def test_nobody_waits_while_another_looks(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    known = remembering(session_of(ann), 1)
    looks, go_on = threading.Event(), threading.Event()

    def slow(ids: Any) -> set[Any]:
        looks.set()
        assert go_on.wait(60)
        return set()

    monkeypatch.setattr(sessions, "_standings", slow)
    other = threading.Thread(target=known.find, args=(b"token", 2))
    other.start()
    assert looks.wait(60)
    found = known.find(b"token", 2)
    go_on.set()
    other.join()

    assert found is None


def test_no_more_are_remembered_than_there_is_room_for(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST", 3)
    known = remembering(session_of(ann), 1)
    for number in range(3):
        known.keep(f"token {number}".encode(), session_of(ann), 1)

    assert known.find(b"token", 1) is None
    assert known.find(b"token 2", 1) is not None
