"""A forgotten password: what the e-mail says is enough to set a new one, once."""

import re
from collections.abc import Callable
from smtplib import SMTPException

import pytest
from django.core import mail

from djirgo.accounts import emails
from djirgo.accounts.models import User

from .conftest import Person, code, errors

pytestmark = pytest.mark.django_db
NEW = "a wholly different one"


def ask(person: Person, email: str = "ann@example.org") -> None:
    answer = person.send("post", "auth/users/reset_password/", {"email": email})
    assert (answer.status_code, answer.content) == (204, b"")


def told() -> dict[str, str]:
    """What the last e-mail says to send back."""
    text = str(mail.outbox[-1].body)
    return {name: re.search(rf"^{name}: (\S+)$", text, re.MULTILINE)[1] for name in ("uid", "token")}  # type: ignore[index]


def confirm(person: Person, **said: object):
    return person.send("post", "auth/users/reset_password_confirm/", {"new_password": NEW} | said)


def test_what_the_email_says_sets_a_new_password(ann: Person, visitor: Person) -> None:
    ask(Person())

    assert mail.outbox[0].to == ["ann@example.org"]
    assert confirm(Person(), **told()).status_code == 204
    assert Person("ann", NEW).log_in().is_let_in()


def test_it_ends_every_session(ann: Person, later: Callable[[], None]) -> None:
    ask(Person())
    confirm(Person(), **told())
    later()

    assert code(ann.send("get", "users/")) == "token_not_valid"
    assert ann.send("post", "auth/jwt/refresh/", {"refresh": ann.refresh}).status_code == 401


def test_it_works_once(ann: Person) -> None:
    ask(Person())
    confirm(Person(), **told())

    assert errors(confirm(Person(), **told())) == {("token", "invalid_token")}


def test_the_email_leads_to_no_page_that_does_not_exist(ann: Person) -> None:
    ask(Person())
    assert "http" not in str(mail.outbox[0].body)


def test_an_address_that_nobody_has_gets_the_same_answer_and_no_email(ann: Person) -> None:
    ask(Person(), "nobody@example.org")
    assert mail.outbox == []


def test_everybody_who_shares_an_address_is_told(ann: Person) -> None:
    User.objects.create_user("bob", "Ann@example.org", "some password")
    ask(Person(), "ANN@example.org")

    assert {message.to[0] for message in mail.outbox} == {"ann@example.org", "Ann@example.org"}


def test_who_could_not_log_in_anyway_is_not_told(ann: Person) -> None:
    User.objects.create_user("robot", "robot@example.org", is_bot=True, responsible=ann.user)
    ann.user.deactivate()
    ask(Person())
    ask(Person(), "robot@example.org")

    assert mail.outbox == []


def test_a_mail_server_that_is_away_does_not_say_whose_address_it_is(
    ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise SMTPException

    monkeypatch.setattr(emails, "send_mail", refuse)
    ask(Person())


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"uid": "!!!"}, ("uid", "invalid_uid")),
        ({"uid": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"}, ("uid", "invalid_uid")),
        ({"uid": "_w"}, ("uid", "invalid_uid")),
        ({"uid": 5}, ("uid", "invalid")),
        ({"uid": ["x"]}, ("uid", "invalid")),
        ({"token": "nonsense"}, ("token", "invalid_token")),
        ({"token": 5}, ("token", "invalid")),
        ({"token": "a-b\0"}, ("token", "null_characters_not_allowed")),
        ({"new_password": "short"}, ("new_password", "password_too_short")),
        ({"new_password": "ann@example.org"}, ("new_password", "password_too_similar")),
        ({"more": 1}, ("more", "unknown")),
    ],
)
def test_anything_else_is_refused_by_name(ann: Person, said: dict[str, object], expected: tuple[str, str]) -> None:
    ask(Person())
    assert expected in errors(confirm(Person(), **{**told(), **said}))


@pytest.mark.parametrize("email", ["", None, 5, "nonsense", "a\0@example.org", ["ann@example.org"]])
def test_what_is_no_address_is_refused(ann: Person, email: object) -> None:
    assert errors(ann.send("post", "auth/users/reset_password/", {"email": email}))
