"""Registering, logging in and out, and a new password: in a browser, under the same rules as over the API."""

from typing import Any

import pytest
from django.test import Client

from djirgo.accounts.models import User

from .conftest import PASSWORD, Browser, text_of

NEW = "a boat on a bay"


def registration(**more: str) -> dict[str, str]:
    return {"username": "ann", "password1": PASSWORD, "password2": PASSWORD} | more


def test_who_registers_is_logged_in_and_welcome(visitor: Browser) -> None:
    answer = visitor.post("/register/", registration(), follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "Welcome, ann" in text_of(answer)
    assert User.objects.get().check_password(PASSWORD)


def test_the_first_page_of_an_empty_installation_invites(visitor: Browser) -> None:
    assert "Nobody is here yet" in text_of(visitor.get("/", follow=True))
    assert "Welcome to Djirgo" in text_of(visitor.get("/register/"))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"username": "ANN"}, "already exists"),
        ({"username": "me"}, "reserved"),
        ({"username": "a b"}, "valid username"),
        ({"username": "a\0b"}, "Null characters"),
        ({"username": "x" * 151}, "at most 150"),
        ({"username": "bob", "password1": "12345678", "password2": "12345678"}, "numeric"),
        ({"username": "bob", "password2": "another one"}, "match"),
        ({"username": "bob", "email": "nowhere"}, "valid email"),
    ],
)
def test_a_registration_that_is_refused_says_why(said: dict[str, str], told: str, visitor: Browser, ann: User) -> None:
    answer = visitor.post("/register/", registration(**said))
    assert told in text_of(answer)
    assert PASSWORD not in text_of(answer)
    assert User.objects.count() == 1


def test_what_is_wrong_with_a_password_is_said_where_it_is_chosen(visitor: Browser) -> None:
    page = text_of(visitor.post("/register/", registration(password1="12345678", password2="12345678")))
    assert "entirely numeric" in page.partition('name="password1"')[2].partition('name="password2"')[0]


def test_where_registration_is_closed_nobody_registers(visitor: Browser, settings: Any) -> None:
    settings.REGISTRATION = "closed"
    for answer in (visitor.get("/register/"), visitor.post("/register/", registration())):
        assert answer.status_code == 403
        assert "Registration is closed here" in text_of(answer)
    assert "/register/" not in text_of(visitor.get("/log-in/"))
    assert not User.objects.exists()


def test_a_name_in_any_case_and_its_password_let_in(visitor: Browser, ann: User) -> None:
    answer = visitor.post("/log-in/", {"username": "ANN", "password": PASSWORD, "next": "/tasks/1/"})
    assert (answer.status_code, answer["Location"]) == (302, "/tasks/1/")
    assert visitor.get("/").status_code == 200


@pytest.mark.parametrize("address", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])
def test_nobody_is_led_elsewhere(address: str, visitor: Browser, ann: User) -> None:
    answer = visitor.post("/log-in/", {"username": "ann", "password": PASSWORD, "next": address})
    assert answer["Location"] == "/"


def test_a_wrong_password_is_told_as_a_name_that_nobody_has(visitor: Browser, ann: User) -> None:
    wrong, nobody = (
        text_of(visitor.post("/log-in/", {"username": name, "password": "wrong"})) for name in ("ann", "nobody")
    )
    assert "Please enter a correct username and password" in wrong
    assert "Please enter a correct username and password" in nobody


def test_too_many_wrong_passwords_are_told_when_to_come_again(visitor: Browser, ann: User, settings: Any) -> None:
    settings.LOGIN_TRIES = settings.AXES_FAILURE_LIMIT = 3
    answers = [visitor.post("/log-in/", {"username": "ann", "password": "wrong"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    right = visitor.post("/log-in/", {"username": "ann", "password": PASSWORD})
    assert right.status_code == 429
    assert "Too many wrong passwords" in text_of(right)
    assert 0 < int(right["Retry-After"]) <= settings.LOGIN_LOCK.total_seconds()
    assert visitor.get("/").status_code == 302


def test_a_bot_does_not_log_in(visitor: Browser, ann: User) -> None:
    from django.utils import timezone

    User.create_bot("robbie", by=ann, at=timezone.now())
    for password in ("", "!", PASSWORD):
        assert visitor.post("/log-in/", {"username": "robbie", "password": password}).status_code == 200
    assert visitor.get("/").status_code == 302


def test_logging_out_takes_a_form(anns: Browser) -> None:
    assert anns.get("/log-out/").status_code == 405
    assert anns.post("/log-out/")["Location"] == "/log-in/"
    assert anns.get("/").status_code == 302


def test_a_form_without_its_token_is_refused(ann: User) -> None:
    strict = Browser(enforce_csrf_checks=True)
    for address in ("/log-in/", "/register/", "/log-out/", "/projects/1/tasks/", "/theme/"):
        answer = strict.post(address, {"username": "ann", "password": PASSWORD})
        assert answer.status_code == 403
        assert "the form was ours" in text_of(answer)


def test_a_session_of_the_board_opens_no_door_of_the_api(anns: Browser) -> None:
    assert anns.get("/api/tasks/").status_code == 401


def test_a_new_password_ends_every_other_session(anns: Browser, ann: User) -> None:
    elsewhere = Browser()
    elsewhere.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")
    said = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert "The new password is set" in text_of(anns.post("/password/", said, follow=True))
    assert anns.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


def test_a_new_password_needs_the_old_one(anns: Browser, ann: User) -> None:
    said = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    assert "entered incorrectly" in text_of(anns.post("/password/", said))
    ann.refresh_from_db()
    assert ann.check_password(PASSWORD)


def test_what_is_wrong_with_a_new_password_is_said_where_it_is_chosen(anns: Browser) -> None:
    said = {"old_password": PASSWORD, "new_password1": "12345678", "new_password2": "12345678"}
    page = text_of(anns.post("/password/", said))
    assert "entirely numeric" in page.partition('name="new_password1"')[2].partition('name="new_password2"')[0]
    repeated = text_of(anns.post("/password/", said | {"new_password1": NEW, "new_password2": "another one"}))
    assert "match" in repeated.partition('name="new_password2"')[2]


def test_who_is_deactivated_is_out_at_once(anns: Browser, ann: User) -> None:
    ann.deactivate()
    assert anns.get("/").status_code == 302


def test_a_part_of_a_page_leads_to_the_log_in_and_back(visitor: Browser) -> None:
    answer = visitor.part("/projects/1/cards/?ids=1", HTTP_HX_CURRENT_URL="http://localhost/?label=house")
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == "/log-in/?next=%2F%3Flabel%3Dhouse"


def test_programs_are_told_where_to_go(db: None) -> None:
    answer = Client(SERVER_NAME="localhost").get("/")
    assert answer.json() == {"name": "Djirgo", "api": "/api/", "schema": "/api/schema/", "docs": "/api/docs/"}
