"""Logging in, staying in, and logging out."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import get_hasher
from django.utils import timezone

from djirgo.accounts import jwt
from djirgo.accounts.models import User

from .conftest import PASSWORD, Person, code, errors

pytestmark = pytest.mark.django_db


def test_a_username_and_its_password_give_a_pair_of_tokens(ann: Person) -> None:
    assert set(ann.try_to_log_in().json()) == {"access", "refresh"}
    assert ann.is_let_in()


def test_whoever_logs_in_may_write_their_name_in_any_case(ann: Person) -> None:
    assert Person("ANN").log_in().is_let_in()


def test_a_log_in_is_remembered_as_the_last_one(ann: Person) -> None:
    assert ann.user.last_login is not None


@pytest.mark.parametrize("username", ["ann", "nobody"])
def test_a_wrong_pair_is_told_the_same_whether_or_not_the_user_is_known(ann: Person, username: str) -> None:
    answer = Person(username, "wrong").try_to_log_in()

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer.json() == Person("somebody-else", "wrong").try_to_log_in().json()


def test_an_unknown_user_costs_as_many_hashes_as_a_known_one(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    kind = type(get_hasher())
    encode = kind.encode
    monkeypatch.setattr(kind, "encode", lambda self, *args: hashed.append("once") or encode(self, *args))

    Person("ann", "wrong").try_to_log_in()
    for_known = len(hashed)
    Person("nobody", "wrong").try_to_log_in()

    assert len(hashed) - for_known == for_known > 0


def test_a_password_counts_with_its_spaces(db: None) -> None:
    spaced = Person("ann", "  with some spaces  ")
    spaced.register()

    assert spaced.log_in().is_let_in()
    assert Person("ann", "with some spaces").try_to_log_in().status_code == 401


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, {("username", "required"), ("password", "required")}),
        ({"username": 1, "password": PASSWORD}, {("username", "invalid")}),
        ({"username": "ann\0", "password": PASSWORD}, {("username", "null_characters_not_allowed")}),
        ({"username": "a" * 10_000, "password": PASSWORD}, {("username", "max_length")}),
        ({"username": "ann", "password": PASSWORD, "remember": True}, {("remember", "unknown")}),
        ([], {("non_field_errors", "invalid")}),
    ],
)
def test_a_log_in_that_makes_no_sense_is_refused(ann: Person, said: object, expected: set[tuple[str, str]]) -> None:
    assert errors(ann.send("post", "auth/jwt/create/", said)) == expected


@pytest.mark.parametrize(
    "header", ["Bearer dead", "Bearer a.b.c", "Bearer", "Bearer a b", "Bearer \xff", "Basic YTpi", ""]
)
def test_no_token_and_a_bad_one_are_both_asked_for_another(ann: Person, header: str) -> None:
    answer = ann.send("get", "users/", HTTP_AUTHORIZATION=header)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer["Content-Type"] == "application/problem+json"


def test_nobody_in_particular_is_not_authenticated(visitor: Person) -> None:
    assert code(visitor.send("get", "users/")) == "not_authenticated"


def test_a_refresh_token_is_no_access_token(ann: Person) -> None:
    ann.access = ann.refresh
    assert code(ann.send("get", "users/")) == "token_not_valid"


def test_an_access_token_that_has_expired_is_dead(ann: Person) -> None:
    token = jwt.RefreshToken.for_user(ann.user).access_token
    token.set_exp(from_time=timezone.now() - timedelta(days=1), lifetime=timedelta(hours=1))
    ann.access = str(token)

    assert code(ann.send("get", "users/")) == "token_not_valid"


def test_a_token_of_a_user_who_is_gone_is_dead(ann: Person) -> None:
    refresh, access = ann.refresh, ann.access
    User.objects.all().delete()

    assert ann.send("post", "auth/jwt/refresh/", {"refresh": refresh}).status_code == 401
    assert ann.send("post", "auth/jwt/verify/", {"token": access}).status_code == 401


# --- Refreshing ---------------------------------------------------------------------------------------------------


def test_refreshing_gives_a_new_pair_and_the_old_refresh_token_is_dead(ann: Person) -> None:
    first = ann.send("post", "auth/jwt/refresh/", {"refresh": ann.refresh})
    again = ann.send("post", "auth/jwt/refresh/", {"refresh": ann.refresh})
    next_one = ann.send("post", "auth/jwt/refresh/", {"refresh": first.json()["refresh"]})

    assert first.status_code == next_one.status_code == 200
    assert (again.status_code, code(again)) == (401, "token_not_valid")
    ann.access = next_one.json()["access"]
    assert ann.is_let_in()


@pytest.mark.django_db(transaction=True)
def test_of_many_who_use_one_refresh_token_at_once_one_gets_a_pair(ann: Person, at_once) -> None:
    answers = at_once(lambda _: Person().send("post", "auth/jwt/refresh/", {"refresh": ann.refresh}), 10)

    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 9


def test_nothing_that_is_written_down_can_be_used(ann: Person) -> None:
    ann.send("post", "auth/jwt/refresh/", {"refresh": ann.refresh})

    for kept in jwt.OutstandingToken.objects.all():
        assert ann.send("post", "auth/jwt/refresh/", {"refresh": kept.token}).status_code == 401


# --- Logging out --------------------------------------------------------------------------------------------------


def test_logging_out_kills_the_refresh_token(ann: Person) -> None:
    assert ann.send("post", "auth/jwt/logout/", {"refresh": ann.refresh}).status_code == 200
    again = ann.send("post", "auth/jwt/logout/", {"refresh": ann.refresh})

    assert (again.status_code, code(again)) == (401, "token_not_valid")
    assert ann.send("post", "auth/jwt/refresh/", {"refresh": ann.refresh}).status_code == 401


@pytest.mark.parametrize("path", ["refresh", "logout", "verify"])
def test_garbage_is_a_dead_token(ann: Person, path: str) -> None:
    field = "token" if path == "verify" else "refresh"
    for garbage in ["x", "a.b.c", ann.access[:-3] + "xyz", "é" * 10, "x" * 100_000]:
        assert ann.send("post", f"auth/jwt/{path}/", {field: garbage}).status_code == 401
    for nonsense in [None, 5, ["x"], {"a": 1}, "x\0"]:
        assert ann.send("post", f"auth/jwt/{path}/", {field: nonsense}).status_code == 400


# --- Verifying ----------------------------------------------------------------------------------------------------


def test_a_good_token_of_either_kind_is_said_to_be_good(ann: Person) -> None:
    for token in (ann.access, ann.refresh):
        assert ann.send("post", "auth/jwt/verify/", {"token": token}).status_code == 200


def test_a_token_that_has_died_is_said_to_be_dead(ann: Person, later: Callable[[], None]) -> None:
    ann.send("post", "auth/jwt/logout/", {"refresh": ann.refresh})
    assert ann.send("post", "auth/jwt/verify/", {"token": ann.refresh}).status_code == 401

    ann.user.end_sessions()
    assert ann.send("post", "auth/jwt/verify/", {"token": ann.access}).status_code == 401
