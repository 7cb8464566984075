"""What has to hold before a process starts. What does not is said in one sentence, or waited for."""

import fcntl
import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import Error, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQL
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import ConnectionHandler

#: A process that was killed a moment ago may still hold what the next one needs.
PATIENCE = 3.0

logger = logging.getLogger(__name__)


class CannotStart(Exception):
    """Why the process does not start, in one sentence for whoever started it."""


@contextmanager
def alone_on(folder: Path) -> Iterator[None]:
    """The lock is the kernel's: it goes with the process, whichever way that ends."""
    with open(folder / "up.lock", "a+", opener=_closed_to_others) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CannotStart(f"Another Djirgo, process {file.read() or '?'}, is running on {folder}.") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def refuse_taken_port(host: str, port: int) -> None:
    """The web server itself would not notice: it shares its port, so that its processes can."""
    deadline = time.monotonic() + PATIENCE
    while problem := _trouble_with(host, port):
        if time.monotonic() > deadline:
            raise CannotStart(f"Cannot listen on {host}:{port}: {problem}. Set PORT or DJIRGO_HOST to another.")
        time.sleep(0.1)


def wait_for_database() -> None:
    """A server may still be starting; a file is there or it is not."""
    while problem := trouble_with_database():
        if settings.EMBEDDED:
            raise CannotStart(f"The database {settings.DATABASE['NAME']} cannot be used: {problem}.")
        logger.warning("waiting for the database: %s", problem)
        time.sleep(1)


def refuse_missing_migrations() -> None:
    if missing := missing_migrations():
        raise CannotStart(f"The database lacks {len(missing)} migrations: run `djirgo migrate` first.")


def trouble_with_database() -> str:
    """Asked without the pool, which would hide the reason and take its time."""
    try:
        with apart() as direct, direct.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        return " ".join(str(error).split())
    return ""


@contextmanager
def apart() -> Iterator[BaseDatabaseWrapper]:
    """A connection of its own, that ends with its use."""
    database = settings.DATABASES["default"]
    options = {name: value for name, value in database["OPTIONS"].items() if name != "pool"}
    direct = ConnectionHandler({"default": database | {"OPTIONS": options}})["default"]
    try:
        yield direct
    finally:
        direct.close()


def missing_migrations() -> list[Migration]:
    executor = MigrationExecutor(connection)
    return [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def let_go_of_the_database() -> None:
    """No connection and no pool may be carried into another process."""
    connections.close_all()
    if isinstance(pooled := connections["default"], PostgreSQL):
        pooled.close_pool()


def _closed_to_others(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _trouble_with(host: str, port: int) -> str:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return ""
