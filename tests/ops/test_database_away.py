"""PostgreSQL is away: few wait for it, nobody for long, and it is found again as soon as it is back."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQL
from django.db.utils import ConnectionHandler
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from psycopg import OperationalError as NoConnection

from djirgo.config.api_errors import Refusals
from djirgo.ops.postgresql import base
from djirgo.ops.postgresql.base import DatabaseWrapper, Doubt
from tests.servers import eventually


class Server:
    """What everybody waits for, until it is told to answer."""

    def __init__(self) -> None:
        self.waiting = 0
        self.answer = threading.Event()
        self.is_away = True

    def get_new_connection(self, _: PostgreSQL, conn_params: dict[str, Any]) -> str:
        self.waiting += 1
        assert self.answer.wait(60)
        self.waiting -= 1
        if self.is_away:
            raise NoConnection("nobody answers")
        return "a connection"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    monkeypatch.setattr(base, "doubt", Doubt())
    monkeypatch.setattr(base, "is_alive", lambda connection: True)
    monkeypatch.setattr(PostgreSQL, "get_new_connection", lambda self, params: server.get_new_connection(self, params))
    yield server
    server.answer.set()


@pytest.fixture
def connect() -> Callable[[], Any]:
    def connect() -> Any:
        pooled = {"ENGINE": "djirgo.ops.postgresql", "NAME": "nowhere", "OPTIONS": {"pool": {"min_size": 1}}}
        wrapper = ConnectionHandler({"default": pooled})["default"]
        assert isinstance(wrapper, DatabaseWrapper)
        return wrapper.get_new_connection({})

    return connect


def test_once_it_was_found_to_be_away_one_waits_for_it_and_the_others_are_told(
    server: Server, connect: Callable[[], Any]
) -> None:
    server.answer.set()
    with pytest.raises(NoConnection, match="nobody answers"):
        connect()
    server.answer.clear()
    found: list[Any] = []
    one = threading.Thread(target=lambda: found.append(connect()))
    one.start()
    eventually(lambda: server.waiting == 1, "one waits")
    for _ in range(3):
        with pytest.raises(NoConnection, match="a moment ago"):
            connect()
    server.is_away = False
    server.answer.set()
    one.join(60)
    assert found == ["a connection"]
    assert [connect() for _ in range(3)] == ["a connection"] * 3


def test_while_nobody_has_found_it_away_all_wait(server: Server, connect: Callable[[], Any]) -> None:
    server.is_away = False
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(connect())) for _ in range(3)]
    for thread in threads:
        thread.start()
    eventually(lambda: server.waiting == 3, "all wait")
    server.answer.set()
    for thread in threads:
        thread.join(60)
    assert found == ["a connection"] * 3


def test_postgresql_is_spoken_to_in_this_way() -> None:
    in_use = connections["default"]
    assert in_use.vendor == "sqlite" or isinstance(in_use, DatabaseWrapper)


def test_a_page_without_the_database_is_503_and_no_mistake_of_ours() -> None:
    def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    refusals = Refusals(page)
    answer = refusals.process_exception(RequestFactory().get("/admin/"), OperationalError("database is locked"))
    assert answer is not None
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert answer["Retry-After"]
    assert refusals.process_exception(RequestFactory().get("/admin/"), ValueError()) is None
