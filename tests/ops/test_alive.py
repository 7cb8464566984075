"""A connection that the server has closed costs no failed request; one that was just used costs no question."""

import os
import socket
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection as database

from djirgo.ops.postgresql import alive

with_a_server = pytest.mark.skipif(
    "database.vendor != 'postgresql'", reason="SQLite is a file in the process: there is no server to end or to vanish"
)


class Connection:
    """As much of a connection as is looked at, with a server at the other end."""

    autocommit = True

    def __init__(self) -> None:
        self.ours, self.servers = socket.socketpair()
        self.questions = 0
        self.closed = False

        self.pgconn = self

    def execute(self, query: str) -> None:
        self.questions += 1
        self.consume_input()

    def consume_input(self) -> None:
        self.ours.setblocking(False)
        try:
            said = self.ours.recv(1)
        except BlockingIOError:
            return
        if not said:
            raise psycopg.OperationalError("the server has closed the connection")

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def connection() -> Iterator[Connection]:
    connection = Connection()
    yield connection
    connection.ours.close()
    connection.servers.close()


def is_alive(connection: Connection) -> bool:
    return alive.is_alive(connection)  # type: ignore[arg-type]


def test_one_that_was_asked_just_now_is_not_asked_again(connection: Connection) -> None:
    assert all(is_alive(connection) for _ in range(20))
    assert connection.questions == 1


def test_after_a_while_it_is_asked_again(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_alive(connection)
    now = alive.monotonic() + alive.FRESH_SECONDS
    monkeypatch.setattr(alive, "monotonic", lambda: now)

    assert is_alive(connection)
    assert connection.questions == 2


def test_that_the_server_has_closed_it_is_seen_at_once(connection: Connection) -> None:
    assert is_alive(connection)
    connection.servers.close()

    assert not is_alive(connection)
    assert connection.closed


def test_what_the_server_says_unasked_ends_nothing(connection: Connection) -> None:
    assert is_alive(connection)
    connection.servers.send(b"N")

    assert is_alive(connection)
    assert connection.questions == 1


def test_that_it_was_closed_with_a_word_is_seen_at_once(connection: Connection) -> None:
    assert is_alive(connection)
    connection.servers.send(b"N")
    connection.servers.close()

    assert not is_alive(connection)


@with_a_server
@pytest.mark.django_db
def test_one_that_the_server_has_ended_is_dead() -> None:
    with psycopg.connect(autocommit=True, **_where()) as ended:
        assert alive.is_alive(ended)
        with psycopg.connect(autocommit=True, **_where()) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [ended.info.backend_pid])
        assert not alive.is_alive(ended)
        assert ended.closed


def _where() -> dict[str, Any]:
    """The server of the tests, without what Django adds."""
    names = ("host", "port", "user", "password", "dbname")
    return {name: value for name, value in database.get_connection_params().items() if name in names}


@with_a_server
@pytest.mark.django_db
def test_a_server_that_vanished_is_given_up_before_long() -> None:
    database.ensure_connection()
    with socket.socket(fileno=os.dup(database.connection.fileno())) as ours:
        kept_alive = [ours.getsockopt(socket.IPPROTO_TCP, name) for name in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL)]
        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert kept_alive == [10, 5]
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 15_000
