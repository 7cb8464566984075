"""People who register, log in and send requests, each as a small sentence."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection
from rest_framework.response import Response
from rest_framework.test import APIClient

from djirgo.accounts import authentication
from djirgo.accounts.models import ApiToken, User

PASSWORD = "correct horse battery"


@dataclass
class Person:
    """Somebody with a client; `log_in` gives them tokens, and from then on they send the access token along."""

    username: str = "ann"
    password: str = PASSWORD
    address: str = "192.0.2.1"
    client: APIClient = field(default_factory=APIClient)
    access: str = ""
    refresh: str = ""

    def send(self, method: str, path: str, data: Any = None, **extra: Any) -> Response:
        headers = {"HTTP_AUTHORIZATION": f"Bearer {self.access}"} if self.access else {}
        call = getattr(self.client, method)
        return call(f"/api/{path}", data, format="json", REMOTE_ADDR=self.address, **headers | extra)

    def register(self, **more: Any) -> Response:
        return self.send("post", "auth/users/", {"username": self.username, "password": self.password} | more)

    def try_to_log_in(self, password: str | None = None, **extra: Any) -> Response:
        said = {"username": self.username, "password": self.password if password is None else password}
        return self.send("post", "auth/jwt/create/", said, **extra)

    def log_in(self) -> "Person":
        answer = self.try_to_log_in()
        assert answer.status_code == 200, answer.content
        self.access, self.refresh = answer.json()["access"], answer.json()["refresh"]
        return self

    def make_token(self, *scopes: str, **more: Any) -> dict[str, Any]:
        """A new API token as its answer shows it, the text included."""
        said = {"name": f"token {ApiToken.objects.count()}", "scopes": scopes or ["read"]} | more
        answer = self.send("post", "tokens/", said)
        assert answer.status_code == 201, answer.content
        return dict(answer.json())

    def make_bot(self, username: str = "robot") -> User:
        answer = self.send("post", "bots/", {"username": username})
        assert answer.status_code == 201, answer.content
        return User.objects.get(pk=answer.json()["id"])

    def is_let_in(self) -> bool:
        return self.send("get", "users/").status_code == 200

    @property
    def user(self) -> User:
        return User.objects.get_by_natural_key(self.username)


@pytest.fixture
def visitor(db: None) -> Person:
    return Person()


@pytest.fixture
def ann(visitor: Person) -> Person:
    User.objects.create_user(visitor.username, "ann@example.org", visitor.password)
    return visitor.log_in()


@pytest.fixture
def bob(db: None) -> Person:
    User.objects.create_user("bob", "bob@example.org", PASSWORD)
    return Person("bob").log_in()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """As if a moment had passed, after which no process takes a token as good without asking again."""
    passed = iter(range(10**6, 10**9))

    def a_moment() -> None:
        now = next(passed)
        monkeypatch.setattr(authentication, "monotonic", lambda: now)

    return a_moment


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    """Do something many times at the same moment, each in a thread with a connection of its own."""

    def run(doing: Callable[[int], Any], times: int) -> list[Any]:
        def once(number: int) -> Any:
            try:
                return doing(number)
            finally:
                connection.close()

        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(once, range(times)))

    return run


def whoever_holds(token: dict[str, Any]) -> Person:
    """A program that knows nothing but the token."""
    return Person(token["user"], access=token["token"])


def code(response: Response) -> str:
    return str(response.json()["code"])


def errors(response: Response) -> set[tuple[str, str]]:
    assert response.status_code == 400, response.content
    assert response["Content-Type"] == "application/problem+json"
    return {(error["field"], error["code"]) for error in response.json()["errors"]}
