"""`djirgo token` and `djirgo project`."""

import io
import json
from typing import Any

import pytest

from djirgo.cli.remote import tokens
from tests.cli.conftest import Typed
from tests.client.stub import Asked, Reply, Step, Stub, problem

NEW = {
    "id": 3, "name": "ci", "scopes": ["work"], "user": "ann", "prefix": "djirgo_abcdef", "created_at": None,
    "expires_at": "2026-06-01T00:00:00Z", "last_used_at": None,
}  # fmt: skip


class People:
    """A server where ann has logged in and makes tokens."""

    def __init__(self) -> None:
        self.bots: list[str] = []
        self.made: list[dict[str, Any]] = []

    def __call__(self, asked: Asked) -> Step:
        if asked.path.startswith("/api/auth/jwt/"):
            good = asked.body in ({"username": "ann", "password": "a password"}, {"refresh": "r"})
            return Reply(200, {"access": "a", "refresh": "r"}) if good else problem(401, "no_active_account", "Wrong.")
        if asked.path == "/api/bots/":
            self.bots.append(asked.body["username"])
            return Reply(201, {"id": 9})
        if asked.method == "GET":
            return Reply(200, {"next": None, "previous": None, "results": [NEW]})
        if asked.method == "DELETE":
            return Reply(204)
        return self.make(asked.body)

    def make(self, said: dict[str, Any]) -> Step:
        if "bot" in said and said["bot"] not in self.bots:
            errors = [{"field": "bot", "code": "unknown_bot", "detail": "No."}]
            return Reply(400, {"code": "invalid", "detail": "bot: No.", "errors": errors})
        self.made.append(said)
        return Reply(201, NEW | {"token": "djirgo_abcdefghij"})


@pytest.fixture
def people(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> People:
    monkeypatch.setenv("DJIRGO_USERNAME", "ann")
    monkeypatch.setattr("sys.stdin", io.StringIO("a password\n"))
    people = stub.otherwise = People()
    return people


def test_a_token_is_made_by_whoever_logs_in_and_only_it_is_printed(
    typed: Typed, stub: Stub, people: People, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("token", "create", "ci", "--scope", "read", "--scope", "work") == 0
    said = capsys.readouterr()
    assert said.out == "djirgo_abcdefghij\n"
    assert "shown once" in said.err
    assert people.made == [{"name": "ci", "scopes": ["read", "work"]}]
    assert stub.lines() == ["POST /api/auth/jwt/create/", "POST /api/tokens/", "POST /api/auth/jwt/logout/"]
    assert stub.asked[1].headers["Authorization"] == "Bearer a"


def test_it_is_good_for_reading_and_work_and_for_as_long_as_the_server_says_unless_something_is_said(
    typed: Typed, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in ([], ["--expires", "never"], ["--expires", "2026-06-01T00:00Z"]):
        monkeypatch.setattr("sys.stdin", io.StringIO("a password\n"))
        assert typed("token", "create", "ci", *words) == 0
    asked = [said.get("expires_at", "nothing") for said in people.made]
    assert asked[:2] == ["nothing", None]
    assert asked[2].startswith("2026-0")
    assert {tuple(said["scopes"]) for said in people.made} == {("read", "work")}


def test_a_bot_that_is_not_there_is_made(typed: Typed, people: People, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("token", "create", "ci", "--bot", "reader", "--json") == 0
    said = capsys.readouterr()
    assert people.bots == ["reader"]
    assert people.made == [{"name": "ci", "scopes": ["read", "work"], "bot": "reader"}]
    assert json.loads(said.out)["token"] == "djirgo_abcdefghij"
    assert "a bot reader now" in said.err


def test_tokens_are_listed_and_deleted(
    typed: Typed, stub: Stub, people: People, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("token", "list") == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:4] == ["3", "djirgo_abcdef", "ann", "work"]
    monkeypatch.setattr("sys.stdin", io.StringIO("a password\n"))
    assert typed("token", "delete", "3", "4") == 0
    assert [line for line in stub.lines() if "DELETE" in line] == ["DELETE /api/tokens/3/", "DELETE /api/tokens/4/"]


def test_a_wrong_password_ends_with_1(
    typed: Typed, people: People, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("another\n"))
    assert typed("token", "list") == 1
    assert capsys.readouterr().err == "djirgo: no_active_account: Wrong.\n"


def test_whoever_does_not_say_who_they_are_is_asked_for_it(
    typed: Typed, people: People, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DJIRGO_USERNAME")
    assert typed("token", "list") == 2
    assert "DJIRGO_USERNAME" in capsys.readouterr().err

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal("ann\n"))
    monkeypatch.setattr(tokens.getpass, "getpass", lambda: "a password")
    assert typed("token", "create", "ci") == 0
    said = capsys.readouterr()
    assert said.out == "djirgo_abcdefghij\n"
    assert said.err.startswith("Username: ")


def test_projects_are_listed(typed: Typed, stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    project = {"id": 1, "name": "General", "is_open": True, "policy": "round_robin", "role": "member", "new": 1}
    stub.otherwise = lambda asked: Reply(200, {"next": None, "previous": None, "results": [project]})
    assert typed("project", "list") == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["1", "round_robin", "member", "open", "General"]
    assert typed("project", "list", "--json") == 0
    assert json.loads(capsys.readouterr().out) == project
