"""Wrong passwords are limited, per username and address, for the API and for the admin."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import get_hasher
from django.test import Client, RequestFactory
from django.utils import timezone

from djirgo.accounts import login_limit
from djirgo.accounts.models import User

from .conftest import PASSWORD, Person, code

pytestmark = pytest.mark.django_db
TRIES = 4


@pytest.fixture(autouse=True)
def few_tries(settings: Any) -> None:
    settings.LOGIN_TRIES = settings.AXES_FAILURE_LIMIT = TRIES


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for every password that was checked."""
    checked: list[str] = []
    kind = type(get_hasher())
    verify = kind.verify
    monkeypatch.setattr(
        kind, "verify", lambda self, password, *args: checked.append(password) or verify(self, password, *args)
    )
    return checked


def lock_out(person: Person) -> None:
    for _ in range(TRIES):
        person.try_to_log_in("wrong")


def make_it_long_ago(settings: Any) -> None:
    AccessAttempt.objects.update(attempt_time=timezone.now() - settings.LOGIN_LOCK)


@pytest.mark.parametrize("username", ["ann", "nobody"])
def test_too_many_wrong_tries_are_told_when_to_come_again(ann: Person, settings: Any, username: str) -> None:
    person = Person(username)
    answers = [person.try_to_log_in("wrong") for _ in range(TRIES + 2)]

    assert [answer.status_code for answer in answers] == [401] * (TRIES - 1) + [429] * 3
    assert code(answers[-1]) == "too_many_login_tries"
    assert 0 < int(answers[-1]["Retry-After"]) <= settings.LOGIN_LOCK.total_seconds()


def test_the_right_password_does_not_help_while_the_lock_is_on(ann: Person, hashed: list[str]) -> None:
    lock_out(ann)
    hashed.clear()

    assert ann.try_to_log_in().status_code == 429
    assert hashed == []


def test_whoever_was_logged_in_stays_so(ann: Person) -> None:
    lock_out(ann)
    assert ann.is_let_in()


def test_the_lock_goes_by_itself(ann: Person, settings: Any) -> None:
    lock_out(ann)
    make_it_long_ago(settings)

    assert ann.try_to_log_in().status_code == 200


def test_knocking_does_not_keep_the_lock_on(ann: Person) -> None:
    lock_out(ann)
    before = AccessAttempt.objects.get().attempt_time
    ann.try_to_log_in("wrong")

    assert AccessAttempt.objects.get().attempt_time == before


def test_the_right_password_forgives_the_wrong_ones(ann: Person) -> None:
    for _ in range(3):
        for _ in range(TRIES - 1):
            ann.try_to_log_in("wrong")
        ann.log_in()


def test_another_address_is_not_locked_out(ann: Person) -> None:
    lock_out(ann)
    assert Person(address="192.0.2.2").log_in()


def test_another_user_at_the_same_address_is_not_locked_out(ann: Person) -> None:
    User.objects.create_user("bob", password=PASSWORD)
    lock_out(ann)

    assert Person("bob").log_in()


def test_another_case_or_another_browser_is_no_way_round(ann: Person) -> None:
    for number in range(TRIES):
        Person("aNn" if number % 2 else "ANN").try_to_log_in("wrong", HTTP_USER_AGENT=f"browser {number}")

    assert ann.try_to_log_in().status_code == 429


def test_what_a_client_says_about_its_address_is_not_believed(ann: Person) -> None:
    for number in range(TRIES):
        ann.try_to_log_in("wrong", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")

    assert ann.try_to_log_in(HTTP_X_FORWARDED_FOR="198.51.100.99").status_code == 429


def test_behind_a_proxy_the_last_hop_is_believed_and_no_other(ann: Person, settings: Any) -> None:
    settings.BEHIND_PROXY = True
    for number in range(TRIES):
        ann.try_to_log_in("wrong", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}, 203.0.113.5")

    assert ann.try_to_log_in(HTTP_X_FORWARDED_FOR="198.51.100.99, 203.0.113.5").status_code == 429
    assert ann.try_to_log_in(HTTP_X_FORWARDED_FOR="203.0.113.6").status_code == 200


@pytest.mark.parametrize("peer", ["", "unix:", "fe80::1%eth0", "::ffff:192.0.2.1", "nonsense"])
def test_whatever_the_address_looks_like_tries_are_counted(ann: Person, peer: str) -> None:
    ann.address = peer
    lock_out(ann)

    assert ann.try_to_log_in().status_code == 429


@pytest.mark.django_db(transaction=True)
def test_wrong_tries_made_at_once_do_not_slip_through(ann: Person, at_once, hashed: list[str]) -> None:
    hashed.clear()
    answers = at_once(lambda _: Person().try_to_log_in("wrong"), 5 * TRIES)

    assert len(hashed) == TRIES
    assert {answer.status_code for answer in answers} == {401, 429}


@pytest.mark.django_db(transaction=True)
def test_right_tries_made_at_once_all_succeed(ann: Person, at_once) -> None:
    answers = at_once(lambda _: Person().try_to_log_in(), 3 * TRIES)

    assert {answer.status_code for answer in answers} == {200}


# --- The admin ----------------------------------------------------------------------------------------------------


@pytest.fixture
def log_in_to_admin(db: None) -> Callable[[str], Any]:
    User.objects.create_superuser("root", password=PASSWORD)
    return lambda password: Client().post("/admin/login/", {"username": "root", "password": password})


def test_the_admin_lets_in_whoever_knows_the_password(log_in_to_admin: Callable[[str], Any]) -> None:
    assert log_in_to_admin(PASSWORD).status_code == 302


def test_the_admin_counts_too(log_in_to_admin: Callable[[str], Any], hashed: list[str]) -> None:
    for _ in range(TRIES):
        answer = log_in_to_admin("wrong")

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    hashed.clear()
    assert log_in_to_admin(PASSWORD).status_code == 429
    assert hashed == []


def test_what_the_admin_counted_holds_for_the_api(log_in_to_admin: Callable[[str], Any]) -> None:
    for _ in range(TRIES):
        log_in_to_admin("wrong")

    assert Person("root", address="127.0.0.1").try_to_log_in().status_code == 429


def test_a_broken_log_in_form_is_shown_again(log_in_to_admin: Callable[[str], Any]) -> None:
    for username in ["", "a\0b", "x" * 5000]:
        answer = Client().post("/admin/login/", {"username": username, "password": "wrong"})
        assert answer.status_code == 200


# --- What is kept -------------------------------------------------------------------------------------------------


def test_tries_that_still_count_are_never_up_for_deletion(ann: Person, settings: Any) -> None:
    ann.try_to_log_in("wrong")
    assert not login_limit.forgotten_before(timezone.now() + timedelta(days=1)).exists()

    AccessAttempt.objects.update(attempt_time=timezone.now() - settings.LOGIN_LOCK - timedelta(seconds=1))
    assert login_limit.forgotten_before(timezone.now()).count() == 1


def test_no_password_is_written_down(ann: Person) -> None:
    ann.try_to_log_in("a wrong but telling one")
    Client().post("/admin/login/", {"username": "ann", "password": "a wrong but telling one"})

    for kept in AccessAttempt.objects.values():
        assert "telling" not in str(kept)


def test_the_address_of_a_request_is_always_one() -> None:
    assert login_limit.client_address(RequestFactory().get("/", REMOTE_ADDR="")) == login_limit.NOWHERE
