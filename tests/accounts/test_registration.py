"""Registering: who gets an account, and under which name."""

import pytest

from djirgo.accounts.models import User

from .conftest import PASSWORD, Person, code, errors

pytestmark = pytest.mark.django_db


def test_whoever_registers_is_told_id_username_and_email(visitor: Person) -> None:
    answer = visitor.register(email="ann@example.org")

    assert answer.status_code == 201
    assert answer.json() == {"id": visitor.user.pk, "username": "ann", "email": "ann@example.org"}


def test_the_session_of_the_first_djirgo_works_word_for_word(db: None) -> None:
    person = Person("test_user", "test_pass")

    assert person.register().status_code == 201
    assert person.log_in().is_let_in()


def test_an_email_is_not_needed(visitor: Person) -> None:
    assert visitor.register().json()["email"] == ""


@pytest.mark.parametrize("username", ["ann", "Ann", "ANN", "ＡＮＮ"])
def test_a_username_is_taken_in_any_case_and_form(ann: Person, username: str) -> None:
    assert errors(Person(username).register()) == {("username", "unique")}


def test_a_username_is_taken_in_any_case_of_any_script(db: None) -> None:
    assert Person("Женя").register().status_code == 201
    assert errors(Person("жЕНЯ").register()) == {("username", "unique")}


@pytest.mark.parametrize("username", ["me", "Me", "none", "NONE", "ｍｅ", "deleted-7", "Deleted-12"])
def test_a_name_that_means_something_else_is_reserved(db: None, username: str) -> None:
    assert errors(Person(username).register()) == {("username", "reserved")}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"username": "a" * 151}, ("username", "max_length")),
        ({"username": "ﷺ" * 100}, ("username", "max_length")),
        ({"username": ""}, ("username", "blank")),
        ({"username": None}, ("username", "null")),
        ({"username": 17}, ("username", "invalid")),
        ({"username": ["ann"]}, ("username", "invalid")),
        ({"username": "an\0n"}, ("username", "null_characters_not_allowed")),
        ({"username": "an n"}, ("username", "invalid")),
        ({"password": "short"}, ("password", "password_too_short")),
        ({"password": 1234567890}, ("password", "invalid")),
        ({"password": "1234567891"}, ("password", "password_entirely_numeric")),
        ({"password": "password123"}, ("password", "password_too_common")),
        ({"password": "a\0bcdefghijk"}, ("password", "null_characters_not_allowed")),
        ({"password": "ab" * 500_000}, ("password", "max_length")),
        ({"email": "nonsense"}, ("email", "invalid")),
        ({"email": None}, ("email", "null")),
        ({"email": "a\0@example.org"}, ("email", "null_characters_not_allowed")),
        ({"is_staff": True}, ("is_staff", "unknown")),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    visitor: Person, said: dict[str, object], expected: tuple[str, str]
) -> None:
    assert expected in errors(visitor.register(**said))
    assert not User.objects.exists()


@pytest.mark.parametrize("body", [b"{", b"[]", b'"ann"', b"null", b'{"username": "\\ud800"}', b"\xff", b""])
def test_a_body_that_is_no_object_is_refused(db: None, body: bytes) -> None:
    answer = Person().client.generic("POST", "/api/auth/users/", body, content_type="application/json")

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_a_dead_token_does_no_harm_to_whoever_registers(visitor: Person) -> None:
    visitor.access = "dead"
    assert visitor.register().status_code == 201


def test_where_registration_is_closed_nobody_registers(visitor: Person, settings: object) -> None:
    settings.REGISTRATION = "closed"  # type: ignore[attr-defined]
    answer = visitor.register()

    assert (answer.status_code, code(answer)) == (403, "registration_closed")
    assert not User.objects.exists()


def test_a_registration_sent_again_is_answered_once(visitor: Person) -> None:
    said = {"username": "ann", "password": PASSWORD}
    first, second = (visitor.send("post", "auth/users/", said, HTTP_IDEMPOTENCY_KEY="once") for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()


@pytest.mark.django_db(transaction=True)
def test_of_many_who_want_one_name_at_once_one_gets_it(at_once) -> None:
    answers = at_once(lambda number: Person("Ann" if number % 2 else "ann").register(), 12)

    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 11
    assert all(errors(answer) == {("username", "unique")} for answer in answers if answer.status_code == 400)
    assert User.objects.count() == 1
