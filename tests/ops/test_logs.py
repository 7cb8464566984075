"""One line per request, with nothing in it that is a secret."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import pytest
import structlog
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from djirgo.accounts.models import ApiToken, User
from djirgo.ops import logs

PASSWORD = "correct horse battery"


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What is written to the log, line by line."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.line("json"))
    logging.getLogger().addHandler(handler)
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().setLevel(level)
    logging.getLogger().removeHandler(handler)


Lines = Callable[[], list[dict[str, Any]]]


def requests(lines: Lines) -> list[dict[str, Any]]:
    return [line for line in lines() if line["logger"] == "djirgo.requests"]


def test_a_request_is_one_line(client: Client, lines: Lines, db: None) -> None:
    client.get("/api/tasks/?search=secret")
    (line,) = requests(lines)
    assert line["method"] == "GET"
    assert line["path"] == "/api/tasks/"
    assert line["status"] == 401
    assert line["user"] is None
    assert line["ms"] >= 0
    assert line["level"] == "info"
    assert line["at"].endswith("Z")


def test_whoever_had_to_wait_took_as_long_as_they_see(lines: Lines, db: None) -> None:
    client = Client(**{logs.CAME_AT: perf_counter() - 0.5})
    client.get("/api/tasks/")
    (line,) = requests(lines)
    assert line["ms"] > 500


def test_the_line_says_who_asked(client: Client, lines: Lines, ann: User) -> None:
    access = client.post(
        "/api/auth/jwt/create/", {"username": "ann", "password": PASSWORD}, content_type="application/json"
    ).json()["access"]
    client.get("/api/tasks/", headers={"Authorization": f"Bearer {access}"})
    assert requests(lines)[-1]["user"] == ann.pk


def test_no_password_token_or_query_string_is_written(client: Client, lines: Lines, ann: User) -> None:
    said = {"username": "ann", "password": PASSWORD}
    tokens = client.post("/api/auth/jwt/create/", said, content_type="application/json").json()
    client.post("/api/auth/jwt/create/", said | {"password": "wrong-secret"}, content_type="application/json")
    client.post("/api/auth/jwt/create/", b'{"password": "broken-secret', content_type="application/json")
    client.get("/api/tasks/?cursor=query-secret", headers={"Authorization": f"Bearer {tokens['access']}"})
    client.get("/nowhere/?token=lost-secret")
    written = json.dumps(lines())
    for secret in (PASSWORD, "-secret", tokens["access"], tokens["refresh"]):
        assert secret not in written


def test_no_api_token_and_no_hash_of_one_is_written(client: Client, lines: Lines, ann: User) -> None:
    said = {"username": "ann", "password": PASSWORD}
    access = client.post("/api/auth/jwt/create/", said, content_type="application/json").json()["access"]
    session = {"Authorization": f"Bearer {access}"}
    made = client.post(
        "/api/tokens/", {"name": "n", "scopes": ["read"]}, content_type="application/json", headers=session
    ).json()
    bearer = {"Authorization": f"Bearer {made['token']}"}
    seen = [client.get("/api/tasks/", headers=bearer), client.post("/api/tasks/", headers=bearer)]
    hashed = ApiToken.objects.get().digest
    client.delete(f"/api/tokens/{made['id']}/", headers=session)
    seen += [client.get("/api/tasks/", headers={"Authorization": f"Bearer {made['token']}x"})]
    written = json.dumps(lines())
    assert [answer.status_code for answer in seen] == [200, 403, 401]
    for secret in (made["token"], made["token"].removeprefix(made["prefix"]), hashed):
        assert secret not in written


def test_the_request_id_comes_back(client: Client) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "abc-123.4_5"})["X-Request-ID"] == "abc-123.4_5"


def test_a_request_without_an_id_is_given_one(client: Client) -> None:
    first, second = (client.get("/healthz")["X-Request-ID"] for _ in range(2))
    assert len(first) == 32
    assert first != second


@pytest.mark.parametrize("hostile", ['a"b', "a b", "<script>", "x" * 129, "-rf", "é", "a\tb", "a\x1b[31m", "{}"])
def test_a_hostile_request_id_is_replaced(client: Client, lines: Lines, hostile: str) -> None:
    answered = client.get("/healthz", headers={"X-Request-ID": hostile})["X-Request-ID"]
    assert logs.SANE_REQUEST_ID.fullmatch(answered)
    assert answered != hostile
    assert requests(lines)[0]["request_id"] == answered


def test_every_line_of_a_request_carries_its_id_and_no_other_does(lines: Lines, rf: RequestFactory) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        logging.getLogger("somewhere").info("deep down")
        structlog.get_logger("elsewhere").info("deeper down", depth=7)
        return HttpResponse()

    logs.RequestLog(view)(rf.get("/", headers={"X-Request-ID": "one"}))
    logging.getLogger("somewhere").info("afterwards")
    by_event = {line["event"]: line for line in lines()}
    assert by_event["deep down"]["request_id"] == "one"
    assert by_event["deeper down"]["request_id"] == "one"
    assert by_event["deeper down"]["depth"] == 7
    assert "request_id" not in by_event["afterwards"]


def test_an_unhandled_exception_is_written_once_with_its_traceback(
    client: Client, lines: Lines, monkeypatch: pytest.MonkeyPatch, ann: User
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError("of our own making")

    monkeypatch.setattr("djirgo.rest.views.Conventions._refuse_unknown_parameters", broken)
    client.raise_request_exception = False
    assert (
        client.post("/api/auth/jwt/create/?token=query-secret", {}, content_type="application/json").status_code == 500
    )
    with_traceback = [line for line in lines() if "exception" in line]
    assert len(with_traceback) == 1
    assert "Traceback (most recent call last)" in with_traceback[0]["exception"]
    assert with_traceback[0]["request_id"] == requests(lines)[0]["request_id"]
    assert "query-secret" not in json.dumps(lines())


def test_a_probe_is_no_news(client: Client, lines: Lines) -> None:
    client.get("/healthz")
    assert requests(lines)[0]["level"] == "debug"


def test_asking_for_the_user_is_left_to_the_view(client: Client, db: None, django_assert_num_queries: Any) -> None:
    client.cookies["sessionid"] = "something"
    with django_assert_num_queries(0):
        client.get("/healthz")


def test_text_stays_on_its_line() -> None:
    record = logging.makeLogRecord({"msg": "one\ntwo\x1b[31m", "name": "x", "levelname": "INFO"})
    assert len(logs.line("text").format(record).splitlines()) == 1
    assert "\x1b" not in logs.line("text").format(record)


def test_the_level_holds_for_every_logger() -> None:
    assert logs.to_stderr("error", "json")["handlers"]["stderr"]["level"] == "ERROR"
