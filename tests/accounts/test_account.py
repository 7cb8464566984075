"""One's own account: looking at it, changing it, a new password, and closing it."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from djirgo.accounts.models import User

from .conftest import PASSWORD, Person, code, errors

pytestmark = pytest.mark.django_db
NEW = "a wholly different one"


def test_people_see_their_own_account(ann: Person) -> None:
    shown = {"id": ann.user.pk, "username": "ann", "email": "ann@example.org"}
    assert ann.send("get", "auth/users/me/").json() == shown


def test_people_change_their_email_and_see_it_at_once(ann: Person) -> None:
    answer = ann.send("patch", "auth/users/me/", {"email": "new@example.org"})

    assert (answer.status_code, answer.json()["email"]) == (200, "new@example.org")
    assert ann.send("get", "auth/users/me/").json() == answer.json()


def test_what_is_only_shown_and_sent_back_is_ignored(ann: Person) -> None:
    before = ann.send("get", "auth/users/me/").json()

    assert ann.send("patch", "auth/users/me/", before | {"id": 99, "username": "root"}).json() == before


def test_nobody_makes_themselves_more_than_they_are(ann: Person) -> None:
    assert errors(ann.send("patch", "auth/users/me/", {"is_superuser": True})) == {("is_superuser", "unknown")}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "auth/users/", 405),
        ("put", "auth/users/me/", 405),
        ("post", "auth/users/me/", 405),
        ("get", "auth/users/set_password/", 405),
        ("get", "auth/jwt/create/", 405),
        ("get", "auth/users/1/", 404),
        ("post", "auth/users/activation/", 404),
        ("post", "auth/users/resend_activation/", 404),
        ("post", "auth/users/set_username/", 404),
        ("post", "auth/users/reset_username/", 404),
        ("post", "auth/token/login/", 404),
    ],
)
def test_nothing_else_that_djoser_does_is_served(ann: Person, method: str, path: str, status: int) -> None:
    assert ann.send(method, path, {}).status_code == status


@pytest.mark.parametrize(
    ("method", "path"), [("get", "me"), ("patch", "me"), ("delete", "me"), ("post", "set_password")]
)
def test_nobody_in_particular_has_no_account(visitor: Person, method: str, path: str) -> None:
    answer = visitor.send(method, f"auth/users/{path}/", {})
    assert (answer.status_code, code(answer)) == (401, "not_authenticated")


def test_an_unknown_query_parameter_is_refused(ann: Person) -> None:
    assert errors(ann.send("get", "auth/users/me/?verbose=1")) == {("verbose", "unknown")}


# --- A new password -----------------------------------------------------------------------------------------------


def test_a_new_password_is_set_by_whoever_knows_the_old_one(ann: Person) -> None:
    answer = ann.send("post", "auth/users/set_password/", {"new_password": NEW, "current_password": PASSWORD})

    assert answer.status_code == 204
    assert ann.try_to_log_in().status_code == 401
    assert Person("ann", NEW).log_in().is_let_in()


def test_a_new_password_ends_every_session(ann: Person, later: Callable[[], None]) -> None:
    elsewhere = Person().log_in()
    ann.send("post", "auth/users/set_password/", {"new_password": NEW, "current_password": PASSWORD})
    later()

    for session in (ann, elsewhere):
        assert code(session.send("get", "users/")) == "token_not_valid"
        assert session.send("post", "auth/jwt/refresh/", {"refresh": session.refresh}).status_code == 401


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"current_password": "wrong"}, {("current_password", "invalid_password")}),
        ({"new_password": "short"}, {("new_password", "password_too_short")}),
        ({"new_password": "ann@example.org"}, {("new_password", "password_too_similar")}),
        ({"new_password": None}, {("new_password", "null")}),
        ({"new_password": 12345678}, {("new_password", "invalid")}),
        ({"re_new_password": NEW}, {("re_new_password", "unknown")}),
    ],
)
def test_a_password_that_will_not_do_changes_nothing(
    ann: Person, said: dict[str, object], expected: set[tuple[str, str]]
) -> None:
    whole = {"new_password": NEW, "current_password": PASSWORD} | said

    assert errors(ann.send("post", "auth/users/set_password/", whole)) == expected
    assert ann.user.check_password(PASSWORD)


# --- Closing ------------------------------------------------------------------------------------------------------


def test_an_account_is_closed_and_not_erased(ann: Person) -> None:
    pk = ann.user.pk
    assert ann.send("delete", "auth/users/me/", {"current_password": PASSWORD}).status_code == 204

    closed = User.objects.get(pk=pk)
    assert (closed.username, closed.email, closed.is_active) == (f"deleted-{pk}", "", False)
    assert closed.closed_at is not None
    assert not closed.has_usable_password()


def test_a_closed_account_cannot_log_in_or_go_on(ann: Person, later: Callable[[], None]) -> None:
    closed = Person(f"deleted-{ann.user.pk}")
    ann.send("delete", "auth/users/me/", {"current_password": PASSWORD})
    later()

    assert ann.try_to_log_in().status_code == closed.try_to_log_in().status_code == 401
    assert not ann.is_let_in()
    assert ann.send("get", "auth/users/me/").status_code == 401


def test_the_name_of_a_closed_account_is_free_again(ann: Person) -> None:
    ann.send("delete", "auth/users/me/", {"current_password": PASSWORD})
    assert Person().register().status_code == 201


def test_an_account_is_not_closed_without_its_password(ann: Person) -> None:
    assert errors(ann.send("delete", "auth/users/me/", {})) == {("current_password", "required")}
    wrong = ann.send("delete", "auth/users/me/", {"current_password": "wrong"})

    assert errors(wrong) == {("current_password", "invalid_password")}
    assert ann.is_let_in()


# --- Everybody ----------------------------------------------------------------------------------------------------


def test_of_others_people_see_only_who_they_are(ann: Person) -> None:
    bot = User.create_bot("robot", by=ann.user, at=timezone.now())

    assert ann.send("get", f"users/{bot.pk}/").json() == {"id": bot.pk, "username": "robot", "is_bot": True}
    listed = ann.send("get", "users/").json()
    assert listed["results"] == [
        {"id": ann.user.pk, "username": "ann", "is_bot": False},
        {"id": bot.pk, "username": "robot", "is_bot": True},
    ]


def test_the_list_of_everybody_is_walked_page_by_page(ann: Person) -> None:
    User.objects.bulk_create(User(username=f"user-{number}") for number in range(7))
    seen, path = [], "/api/users/?page_size=3"
    while path:
        page = ann.send("get", path.partition("/api/")[2]).json()
        seen += [user["id"] for user in page["results"]]
        path = page["next"]

    assert seen == sorted(User.objects.values_list("pk", flat=True))


def test_a_closed_account_is_not_among_everybody(ann: Person) -> None:
    gone = User.objects.create_user("gone")
    gone.close(at=gone.date_joined)

    assert [user["username"] for user in ann.send("get", "users/").json()["results"]] == ["ann"]
    assert ann.send("get", f"users/{gone.pk}/").status_code == 404


@pytest.mark.parametrize("pk", ["0", "abc", "-1", "9" * 30, "%00", "1e3"])
def test_an_account_that_is_not_there_is_not_found(ann: Person, pk: str) -> None:
    answer = ann.send("get", f"users/{pk}/")
    assert answer.status_code == 404
