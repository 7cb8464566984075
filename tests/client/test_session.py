"""A session renews itself, once for all threads, and ends with the client; a token is sent, and told to nobody."""

import threading
from typing import Any

import pytest

from djirgo.client import Djirgo, DjirgoError, TooManyRequests, Unauthorized, Unreachable
from tests.client.stub import Asked, Cut, Reply, Step, Stub, problem, task

CREATE, REFRESH, LOGOUT = (f"POST /api/auth/jwt/{what}/" for what in ("create", "refresh", "logout"))


class Sessions:
    """Takes only the newest access token, and each refresh token once."""

    def __init__(self) -> None:
        self.number = 0
        self.turn = threading.Lock()

    def __call__(self, asked: Asked) -> Step:
        with self.turn:
            if asked.line == LOGOUT:
                return Reply(200, {})
            if asked.line in (CREATE, REFRESH):
                return self.pair(asked.body)
            good = asked.headers["Authorization"] == f"Bearer access-{self.number}"
            return Reply(200, task()) if good else problem(401, "token_not_valid")

    def pair(self, said: dict[str, Any]) -> Step:
        if said.get("refresh", f"refresh-{self.number}") != f"refresh-{self.number}":
            return problem(401, "token_not_valid")
        self.number += 1
        return Reply(200, {"access": f"access-{self.number}", "refresh": f"refresh-{self.number}"})

    def expire(self) -> None:
        """As when the minutes of the access token are over: the next pair has another number."""
        with self.turn:
            self.number += 1


def logged_in(stub: Stub, **options: float) -> Djirgo:
    return Djirgo.log_in(stub.url, "ann", "a password", **options)


def test_a_session_begins_with_a_password_and_ends_with_the_client(stub: Stub) -> None:
    stub.otherwise = Sessions()
    with logged_in(stub) as client:
        client.task(17)
    assert stub.lines() == [CREATE, "GET /api/tasks/17/", LOGOUT]
    assert stub.asked[0].body == {"username": "ann", "password": "a password"}
    assert stub.asked[0].headers.get("Authorization") is None
    assert stub.asked[-1].body == {"refresh": "refresh-1"}


def test_a_session_that_has_expired_is_renewed_and_the_question_asked_again(stub: Stub) -> None:
    stub.otherwise = Sessions()
    client = logged_in(stub)
    stub.will(problem(401, "token_not_valid"))
    client.start(17)
    client.task(17)
    assert stub.lines()[1:] == ["POST /api/tasks/17/start/", REFRESH, "POST /api/tasks/17/start/", "GET /api/tasks/17/"]
    assert stub.asked[1].key == stub.asked[3].key


def test_of_threads_that_find_the_session_expired_one_renews_it(stub: Stub) -> None:
    sessions = stub.otherwise = Sessions()
    client = logged_in(stub)
    together = threading.Barrier(8)
    stub.will(*[lambda asked: (together.wait(10), problem(401, "token_not_valid"))[1]] * 8)
    threads = [threading.Thread(target=client.task, args=(17,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert stub.lines().count(REFRESH) == 1
    assert sessions.number == 2


def test_a_session_that_cannot_be_renewed_is_over(stub: Stub) -> None:
    sessions = stub.otherwise = Sessions()
    client = logged_in(stub)
    sessions.expire()
    with pytest.raises(Unauthorized):
        client.task(17)


def test_a_wrong_password_is_said_once(stub: Stub) -> None:
    stub.will(problem(401, "no_active_account"))
    with pytest.raises(Unauthorized, match="no_active_account"):
        logged_in(stub)
    stub.will(problem(429, "too_many_login_tries", Retry_After="900"))
    with pytest.raises(TooManyRequests):
        logged_in(stub)
    assert len(stub.asked) == 2


def test_a_log_in_whose_answer_is_lost_is_not_sent_again(stub: Stub) -> None:
    stub.will(Cut())
    with pytest.raises(Unreachable):
        logged_in(stub)
    assert len(stub.asked) == 1


def test_a_server_that_has_gone_keeps_nobody_from_leaving(stub: Stub) -> None:
    stub.otherwise = Sessions()
    client = logged_in(stub)
    stub.will(Cut())
    client.close()
    assert stub.lines() == [CREATE, LOGOUT]


def test_a_token_comes_from_the_environment_unless_it_is_given(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJIRGO_URL", stub.url)
    monkeypatch.setenv("DJIRGO_TOKEN", "djirgo_environment")
    stub.otherwise = lambda asked: Reply(200, task())
    Djirgo().task(17)
    Djirgo(token="djirgo_given").task(17)
    monkeypatch.delenv("DJIRGO_TOKEN")
    Djirgo().task(17)
    assert [asked.headers.get("Authorization") for asked in stub.asked] == [
        "Bearer djirgo_environment", "Bearer djirgo_given", None,
    ]  # fmt: skip


def test_without_an_address_it_is_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DJIRGO_URL", raising=False)
    assert Djirgo().url == "http://127.0.0.1:8000"
    monkeypatch.setenv("DJIRGO_URL", "https://example.org/board/")
    assert Djirgo().url == "https://example.org/board"


@pytest.mark.parametrize("url", ["example.org", "ftp://example.org", "http://", "http://example.org/?a=1", "x"])
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(DjirgoError, match="no address"):
        Djirgo(url, token="x")


@pytest.mark.parametrize("token", ["two\nlines", "a\0b", "жетон"])
def test_what_is_no_token_is_refused_at_once_and_not_repeated(token: str) -> None:
    with pytest.raises(DjirgoError) as refused:
        Djirgo("http://example.org", token=token)
    assert token not in str(refused.value)


def test_a_token_that_has_just_been_made_is_not_asked_for_twice(stub: Stub, client: Djirgo) -> None:
    stub.will(Reply(201, {"id": 3, "name": "ci", "scopes": ["work"], "expires_at": None, "token": "djirgo_new"}))
    token = client.create_token("ci", ["work"])
    assert token.token == "djirgo_new"
    assert "djirgo_new" not in repr(token)
    assert stub.asked[0].body == {"name": "ci", "scopes": ["work"]}
    stub.will(Cut())
    with pytest.raises(Unreachable):
        client.create_token("ci", ["work"])
    assert len(stub.asked) == 2
