"""API tokens: made by people, shown once, good for as long as they and their user are."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from djirgo.accounts.models import ApiToken, Scope, User, token
from djirgo.accounts.models.user import ForOthers
from djirgo.rest.models import IdempotencyKey

from .conftest import PASSWORD, Person, code, errors, whoever_holds

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def expire_all() -> None:
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def names(person: Person) -> list[str]:
    return [shown["name"] for shown in person.send("get", "tokens/").json()["results"]]


def is_dead(token: dict[str, Any]) -> bool:
    answer = whoever_holds(token).send("get", "users/")
    return answer.status_code == 401 and code(answer) == "token_not_valid"


# --- Making one ---------------------------------------------------------------------------------------------------


def test_a_token_is_made_and_used(ann: Person) -> None:
    answer = ann.send("post", "tokens/", {"name": " nightly report ", "scopes": ["work", "read"]})
    made = answer.json()

    assert answer.status_code == 201
    assert answer["Location"] == f"http://testserver/api/tokens/{made['id']}/"
    assert set(made) == {
        "id", "name", "scopes", "user", "prefix", "created_at", "expires_at", "last_used_at", "token",
    }  # fmt: skip
    assert (made["name"], made["scopes"], made["user"]) == ("nightly report", ["work", "read"], "ann")
    assert made["last_used_at"] is None
    assert whoever_holds(made).is_let_in()


def test_a_token_is_known_by_what_it_begins_with(ann: Person) -> None:
    made = ann.make_token()

    assert re.fullmatch(r"djirgo_[A-Za-z0-9]{40}", made["token"])
    assert made["token"].startswith(made["prefix"])
    assert len(made["token"]) - len(made["prefix"]) > 32
    assert made["token"] != ann.make_token()["token"]


def test_a_token_is_shown_once_and_only_a_hash_is_kept(ann: Person) -> None:
    made = ann.make_token()
    row = ApiToken.objects.values().get()
    answers = [ann.send("get", "tokens/"), ann.send("get", f"tokens/{made['id']}/")]

    for kept in [str(row), *(answer.content.decode() for answer in answers)]:
        assert made["token"] not in kept
    assert all(row["digest"] not in answer.content.decode() for answer in answers)
    assert answers[1].json() == {name: value for name, value in made.items() if name != "token"}


def test_a_token_lives_for_90_days_if_nothing_is_said(ann: Person) -> None:
    made = ann.make_token()
    lives_for = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])

    assert lives_for == timedelta(days=90)


def test_a_token_lives_for_ever_where_that_is_said(ann: Person) -> None:
    assert ann.make_token(expires_at=None)["expires_at"] is None


def test_a_token_lives_until_it_is_said_to_expire(ann: Person) -> None:
    assert ann.make_token(expires_at="2999-01-01T02:00:00+02:00")["expires_at"] == "2999-01-01T00:00:00.000000Z"


def test_the_answer_that_shows_a_token_is_not_kept(ann: Person) -> None:
    said = {"name": "nightly", "scopes": ["read"]}
    first, second = (ann.send("post", "tokens/", said, HTTP_IDEMPOTENCY_KEY="once") for _ in range(2))

    assert first.status_code == 201
    assert errors(second) == {("name", "unique")}
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"name": ""}, ("name", "blank")),
        ({"name": " "}, ("name", "blank")),
        ({"name": None}, ("name", "null")),
        ({"name": 7}, ("name", "invalid")),
        ({"name": "a" * 101}, ("name", "max_length")),
        ({"name": "a\0b"}, ("name", "null_characters_not_allowed")),
        ({"scopes": []}, ("scopes", "empty")),
        ({"scopes": None}, ("scopes", "null")),
        ({"scopes": "read"}, ("scopes", "not_a_list")),
        ({"scopes": {"read": True}}, ("scopes", "not_a_list")),
        ({"scopes": ["read", "read"]}, ("scopes", "repeated")),
        ({"scopes": ["read", "write", "work", "read"]}, ("scopes", "max_length")),
        ({"scopes": ["read", "admin"]}, ("scopes.1", "invalid_choice")),
        ({"scopes": [{}]}, ("scopes.0", "invalid_choice")),
        ({"scopes": ["read\0"]}, ("scopes.0", "invalid_choice")),
        ({"scopes": [None]}, ("scopes.0", "null")),
        ({"expires_at": "soon"}, ("expires_at", "invalid")),
        ({"expires_at": 5}, ("expires_at", "invalid")),
        ({"expires_at": "9999-12-31T00:00:00Z"}, ("expires_at", "range")),
        ({"expires_at": "2020-01-01T00:00:00Z"}, ("expires_at", "in_the_past")),
        ({"bot": "nobody"}, ("bot", "unknown_bot")),
        ({"bot": "ann"}, ("bot", "unknown_bot")),
        ({"bot": 7}, ("bot", "invalid")),
        ({"bot": "a\0b"}, ("bot", "null_characters_not_allowed")),
        ({"owner": "root"}, ("owner", "unknown")),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    ann: Person, said: dict[str, object], expected: tuple[str, str]
) -> None:
    assert errors(ann.send("post", "tokens/", {"name": "nightly", "scopes": ["read"]} | said)) == {expected}
    assert not ApiToken.objects.exists()


def test_a_token_needs_a_name_and_a_scope(ann: Person) -> None:
    assert errors(ann.send("post", "tokens/", {})) == {("name", "required"), ("scopes", "required")}


@pytest.mark.parametrize("body", [b"{", b"[]", b'"read"', b"null", b'{"name": "\\ud800"}', b"\xff", b""])
def test_a_body_that_is_no_object_is_refused(ann: Person, body: bytes) -> None:
    headers = {"HTTP_AUTHORIZATION": f"Bearer {ann.access}"}
    answer = ann.client.generic("POST", "/api/tokens/", body, content_type="application/json", **headers)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_what_is_only_shown_and_sent_back_is_ignored(ann: Person) -> None:
    made = ann.make_token()
    again = ann.send("post", "tokens/", made | {"name": "another"}).json()

    assert again["id"] != made["id"]
    assert again["token"] != made["token"]


def test_a_user_has_one_token_of_a_name(ann: Person, bob: Person) -> None:
    ann.make_token(name="nightly")

    assert errors(ann.send("post", "tokens/", {"name": "nightly", "scopes": ["read"]})) == {("name", "unique")}
    assert bob.make_token(name="nightly")


def test_a_token_that_has_expired_gives_its_name_up(ann: Person) -> None:
    first = ann.make_token(name="nightly")
    expire_all()

    assert ann.make_token(name="nightly")["id"] != first["id"]
    assert ApiToken.objects.count() == 1


def test_there_are_so_many_live_tokens_and_no_more(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token, "MOST_TOKENS", 2)
    first, _ = ann.make_token(), ann.make_token()
    refused = ann.send("post", "tokens/", {"name": "one more", "scopes": ["read"]})
    ann.send("delete", f"tokens/{first['id']}/")

    assert (refused.status_code, code(refused)) == (409, "too_many_tokens")
    assert ann.make_token(name="one more")


def test_tokens_that_have_expired_do_not_count(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token, "MOST_TOKENS", 1)
    ann.make_token(name="old")
    expire_all()

    assert ann.make_token(name="new")


@pytest.mark.django_db(transaction=True)
def test_of_many_made_at_once_no_more_are_made_than_there_may_be(ann: Person, at_once, monkeypatch) -> None:
    monkeypatch.setattr(token, "MOST_TOKENS", 3)
    answers = at_once(
        lambda number: Person(access=ann.access).send("post", "tokens/", {"name": str(number), "scopes": ["read"]}), 8
    )

    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 5


@pytest.mark.django_db(transaction=True)
def test_of_many_of_one_name_made_at_once_one_is_made(ann: Person, at_once) -> None:
    said = {"name": "nightly", "scopes": ["read"]}
    answers = at_once(lambda _: Person(access=ann.access).send("post", "tokens/", said), 6)

    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 5


@pytest.mark.parametrize("scopes", [[], None])
def test_the_database_keeps_no_token_that_is_good_for_nothing(ann: Person, scopes: list[str] | None) -> None:
    with pytest.raises(IntegrityError):
        ApiToken.objects.create(
            user=ann.user, name="x", scopes=scopes, prefix="djirgo_", digest="x", created_at=timezone.now()
        )


def test_nobody_makes_a_token_for_somebody_else(ann: Person, bob: Person) -> None:
    with pytest.raises(ForOthers):
        ApiToken.issue("x", [Scope.READ], acting_as=bob.user, expires_at=None, by=ann.user, at=timezone.now())


# --- Looking at them, and ending them -----------------------------------------------------------------------------


def test_the_newest_token_comes_first_and_the_rest_page_by_page(ann: Person) -> None:
    made = [ann.make_token()["id"] for _ in range(5)]
    seen, path = [], "/api/tokens/?page_size=2"
    while path:
        page = ann.send("get", path.partition("/api/")[2]).json()
        seen += [shown["id"] for shown in page["results"]]
        path = page["next"]

    assert seen == made[::-1]


def test_a_stranger_sees_none_of_anothers_tokens_and_ends_none(ann: Person, bob: Person) -> None:
    made = ann.make_token()
    ann.make_token(bot=ann.make_bot().username)

    assert names(bob) == []
    for method in ("get", "delete"):
        answer = bob.send(method, f"tokens/{made['id']}/")
        assert (answer.status_code, code(answer)) == (404, "not_found")
    assert whoever_holds(made).is_let_in()


def test_the_staff_sees_only_its_own_too(ann: Person, bob: Person) -> None:
    made = ann.make_token()
    User.objects.filter(username="bob").update(is_staff=True)

    assert names(bob) == []
    assert bob.send("get", f"tokens/{made['id']}/").status_code == 404


def test_a_deleted_token_is_dead_a_moment_later(ann: Person, later: Callable[[], None]) -> None:
    made = ann.make_token()
    assert whoever_holds(made).is_let_in()
    assert ann.send("delete", f"tokens/{made['id']}/").status_code == 204
    later()

    assert is_dead(made)
    assert ann.send("delete", f"tokens/{made['id']}/").status_code == 404


@pytest.mark.parametrize("pk", ["0", "abc", "-1", "9" * 30, "9" * 18, "%00", "1e3"])
def test_a_token_that_is_not_there_is_not_found(ann: Person, pk: str) -> None:
    assert ann.send("get", f"tokens/{pk}/").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"), [("put", "1/", 405), ("patch", "1/", 405), ("delete", "", 405), ("get", "?a=1", 400)]
)
def test_nothing_else_can_be_done_with_tokens(ann: Person, method: str, path: str, status: int) -> None:
    assert ann.send(method, f"tokens/{path}", {} if method != "get" else None).status_code == status


def test_the_list_is_read_from_an_index(ann: Person) -> None:
    def row(user: User, number: int) -> ApiToken:
        return ApiToken(
            user=user, name=str(number), scopes=["read"], prefix="", digest=f"{user} {number}", created_at=NOW
        )

    for number in range(3):
        ann.make_bot(f"robot{number}")
    people = User.objects.bulk_create(User(username=f"user{number}") for number in range(200))
    ApiToken.objects.bulk_create(row(person, number) for person in people for number in range(50))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    explained = ApiToken.objects.managed_by(ann.user).order_by("-id")[:51].explain()

    assert not re.search(r"Seq Scan on accounts_apitoken|SCAN accounts_apitoken", explained), explained


# --- Using one ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["djirgo_", "djirgo_" + "x" * 40, "djirgo_\0", "djirgo_é", "djirgo_" + "x" * 4000, "DJIRGO_" + "x" * 40],
)
def test_a_token_that_nobody_has_is_not_valid(db: None, text: str) -> None:
    answer = Person(access=text).send("get", "users/")
    assert (answer.status_code, code(answer)) == (401, "token_not_valid")


def test_the_text_of_a_token_is_compared_to_the_letter(ann: Person) -> None:
    made = ann.make_token()
    for text in (made["token"][:-1], made["token"] + "x", made["token"].swapcase(), made["prefix"]):
        assert Person(access=text).send("get", "users/").status_code == 401


def test_the_hash_of_a_token_is_no_token(ann: Person) -> None:
    ann.make_token()
    assert Person(access=f"djirgo_{ApiToken.objects.get().digest}").send("get", "users/").status_code == 401


def test_a_token_that_has_expired_is_dead(ann: Person, later: Callable[[], None]) -> None:
    made = ann.make_token()
    assert whoever_holds(made).is_let_in()
    expire_all()
    later()

    assert is_dead(made)


@pytest.mark.parametrize("end", [User.deactivate, lambda user: user.close(at=timezone.now())])
def test_a_token_stops_with_its_user(ann: Person, later: Callable[[], None], end: Callable[[User], None]) -> None:
    made = ann.make_token()
    assert whoever_holds(made).is_let_in()
    end(ann.user)
    later()

    assert is_dead(made)


def test_a_token_goes_on_when_its_user_may_again(ann: Person, later: Callable[[], None]) -> None:
    made = ann.make_token()
    ann.user.deactivate()
    User.objects.update(is_active=True)
    later()

    assert whoever_holds(made).is_let_in()


def test_the_tokens_of_a_closed_account_are_not_kept(ann: Person) -> None:
    ann.make_token()
    ann.send("delete", "auth/users/me/", {"current_password": PASSWORD})

    assert not ApiToken.objects.exists()


def test_a_new_password_ends_sessions_and_no_token(ann: Person, later: Callable[[], None]) -> None:
    made = ann.make_token()
    said = {"new_password": "a wholly different one", "current_password": PASSWORD}
    assert ann.send("post", "auth/users/set_password/", said).status_code == 204
    later()

    assert not ann.is_let_in()
    assert whoever_holds(made).is_let_in()


def test_not_every_request_asks_the_database_about_its_token(
    ann: Person, later: Callable[[], None], django_assert_num_queries
) -> None:
    holder = whoever_holds(ann.make_token())
    later()
    holder.is_let_in()
    with django_assert_num_queries(1):
        holder.is_let_in()


def test_an_api_token_is_no_session(ann: Person) -> None:
    made = ann.make_token("read", "write", "work")

    assert ann.send("post", "auth/jwt/verify/", {"token": made["token"]}).status_code == 401
    assert ann.send("post", "auth/jwt/refresh/", {"refresh": made["token"]}).status_code == 401
    assert ann.send("post", "auth/jwt/logout/", {"refresh": made["token"]}).status_code == 401
