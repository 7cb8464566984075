"""What is wrong with a set-up: one function per check, one table, and what to do about each finding."""

import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from djirgo.events.brokers.seam import BrokerAway
from djirgo.events.lag import lag
from djirgo.events.models import DeadLetter
from djirgo.ops import health
from djirgo.ops.probe import NoAnswer

OLDEST_POSTGRESQL = 150000
LEAST_FREE_BYTES = 500 * 2**20
MOST_CLOCK_DIFFERENCE = timedelta(seconds=2)
LONGEST_TRANSACTION = timedelta(minutes=5)


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    level: Level
    check: str
    says: str


def ok(says: str) -> tuple[Level, str]:
    return Level.OK, says


def warn(says: str) -> tuple[Level, str]:
    return Level.WARN, says


def fail(says: str) -> tuple[Level, str]:
    return Level.FAIL, says


def data_folder() -> tuple[Level, str]:
    secrets = [path for path in (settings.DATA_DIR / "secret.key",) if path.exists()]
    if open_to_others := [path for path in secrets if stat.S_IMODE(path.stat().st_mode) & 0o077]:
        return fail(f"{open_to_others[0]} can be read by others: chmod 600 it.")
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < LEAST_FREE_BYTES:
        return warn(f"{settings.DATA_DIR} has {free // 2**20} MB left: make room before writes fail.")
    return ok(f"{settings.DATA_DIR}, {free // 2**30} GB free")


def debug() -> tuple[Level, str]:
    if settings.DEBUG:
        return warn("DJIRGO_DEBUG is on: errors show the insides of the program to everybody.")
    return ok("off")


def hosts() -> tuple[Level, str]:
    if "*" in settings.ALLOWED_HOSTS:
        return warn("DJIRGO_ALLOWED_HOSTS takes any name: links in answers are what the client wants them to be.")
    return ok(", ".join(settings.ALLOWED_HOSTS))


def database() -> tuple[Level, str]:
    try:
        connection.ensure_connection()
    except Error as problem:
        return fail(f"It does not answer: {' '.join(str(problem).split())}. Look at DATABASE_URL.")
    return _sqlite() if connection.vendor == "sqlite" else _postgresql()


def _sqlite() -> tuple[Level, str]:
    if (mode := _ask("PRAGMA journal_mode")) != "wal":
        return fail(f"The journal is in mode {mode} instead of WAL: is the file on a network drive?")
    return ok(f"SQLite {_ask('SELECT sqlite_version()')}, WAL")


def _postgresql() -> tuple[Level, str]:
    version = int(_ask("SHOW server_version_num"))
    if version < OLDEST_POSTGRESQL:
        return fail(f"PostgreSQL {version // 10000} is too old: 15 or newer.")
    return ok(f"PostgreSQL {version // 10000}")


def migrations() -> tuple[Level, str]:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    return fail(f"{missing} are missing: run `djirgo migrate`.") if missing else ok("all applied")


def clock() -> tuple[Level, str]:
    if connection.vendor == "sqlite":
        return ok("one machine, one clock")
    difference = abs(_ask("SELECT clock_timestamp()") - timezone.now())
    if difference > MOST_CLOCK_DIFFERENCE:
        return warn(f"The database is {difference.total_seconds():.0f} s apart from this machine: set the clocks.")
    return ok("as the database's")


def transactions() -> tuple[Level, str]:
    if connection.vendor == "sqlite":
        return ok("SQLite ends them with their process")
    age = _ask("SELECT coalesce(max(now() - xact_start), interval '0') FROM pg_stat_activity WHERE state <> 'active'")
    if age > LONGEST_TRANSACTION:
        return warn(f"One has been open for {age}: it keeps dead rows on every index. See pg_stat_activity.")
    return ok("none forgotten")


def broker() -> tuple[Level, str]:
    if not settings.RABBITMQ_URL:
        return ok("embedded, the log is the queue")
    try:
        health.broker()
    except (NoAnswer, BrokerAway) as problem:
        return fail(f"RabbitMQ does not answer ({type(problem).__name__}): look at RABBITMQ_URL. Events wait.")
    return ok("RabbitMQ answers")


def relay() -> tuple[Level, str]:
    behind = lag(at=timezone.now())
    if behind.seconds > health.LONGEST_LAG:
        return warn(f"{behind.events} events wait, the oldest for {behind.seconds:.0f} s: does `djirgo work` run?")
    return ok(f"{behind.events} events behind")


def dead_letters() -> tuple[Level, str]:
    if number := DeadLetter.objects.count():
        return warn(f"Consumers gave up on {number} events: the reasons are in /admin/.")
    return ok("none")


Check = Callable[[], tuple[Level, str]]
SET_UP: tuple[Check, ...] = (data_folder, debug, hosts, broker)
#: In this order: each needs what stands before it, and where one fails the rest is not asked.
DATABASE: tuple[Check, ...] = (database, migrations, clock, transactions, relay, dead_letters)


def examine() -> Iterator[Finding]:
    for check in SET_UP:
        yield _finding(check)
    for check in DATABASE:
        finding = _finding(check)
        yield finding
        if finding.level == Level.FAIL:
            return


def _finding(check: Check) -> Finding:
    level, says = check()
    return Finding(level, check.__name__.replace("_", " "), says)


def _ask(question: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question)
        (answer,) = cursor.fetchone()
    return answer
