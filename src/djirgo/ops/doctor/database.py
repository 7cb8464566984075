"""The database: whether it answers, whether it has what is needed, and whether somebody is in the way."""

import sqlite3
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from djirgo.events.subscriptions import subscriptions
from djirgo.ops import start
from djirgo.ops.doctor.finding import Finding, failure, warning, well
from djirgo.ops.schedule import jobs

OLDEST_POSTGRESQL = 15
FARTHEST_CLOCK = timedelta(seconds=5)
LONGEST_TRANSACTION = timedelta(minutes=1)

LONG_TRANSACTIONS = """
    SELECT count(*), max(clock_timestamp() - xact_start) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start < clock_timestamp() - %s
"""
#: The tables that every claim changes, and which of them are not vacuumed as eagerly as the migrations have asked for.
UNTIDY = """
    SELECT current_setting('autovacuum') = 'on', string_agg(relname, ', ') FROM pg_class
    WHERE oid IN ('tasks_task'::regclass, 'tasks_label'::regclass)
    AND NOT coalesce(reloptions, '{}')::text LIKE '%%autovacuum_vacuum_scale_factor%%'
"""
PLACES = """
    SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
"""


def database() -> Finding:
    """Whether it answers, and whether it is new enough."""
    if trouble := start.trouble_with_database():
        return failure(trouble, "Start the server, or correct DATABASE_URL.")
    if settings.EMBEDDED:
        return well(f"SQLite {sqlite3.sqlite_version}")
    version = int(_ask("SHOW server_version_num")[0]) // 10_000
    if version < OLDEST_POSTGRESQL:
        return failure(f"PostgreSQL {version} is too old", f"Use PostgreSQL {OLDEST_POSTGRESQL} or newer.")
    return well(f"PostgreSQL {version}")


def migrations() -> Finding:
    missing = start.missing_migrations()
    if missing:
        return failure(f"{len(missing)} are not applied", "Run `djirgo migrate`; `djirgo up` does it by itself.")
    return well("all applied")


def journal() -> Finding:
    """With any other journal a reader makes writers wait. Some network file systems allow no other."""
    (mode,) = _ask("PRAGMA journal_mode")
    if mode != "wal":
        return failure(f"SQLite's journal is {mode}", "Put the data folder on a local disk, so that it can be WAL.")
    return well("WAL")


def full_text_search() -> Finding:
    try:
        _ask("SELECT fts5_source_id()")
    except Error:
        return failure("this SQLite has no FTS5", "Use a Python whose SQLite has it, or PostgreSQL.")
    return well("FTS5")


def clock() -> Finding:
    """Leases are counted by the database's clock and shown by ours."""
    (theirs,) = _ask("SELECT clock_timestamp()")
    apart = abs(theirs - timezone.now())
    if apart > FARTHEST_CLOCK:
        return failure(f"{apart.total_seconds():.0f} s from the database's", "Set both by NTP.")
    return well("that of the database")


def connections() -> Finding:
    """Whether the server has room for all that the processes here may open."""
    (room,) = _ask(PLACES)
    wanted = settings.WEB_PROCESSES * settings.DATABASE_CONNECTIONS + _of_a_worker()
    if wanted > room:
        advice = "Raise its max_connections, or lower DJIRGO_DATABASE_CONNECTIONS or DJIRGO_WEB_PROCESSES."
        return warning(f"up to {wanted} from one web and one worker here, but the server has {room}", advice)
    return well(f"up to {wanted} of {room}")


def long_transactions() -> Finding:
    """One that stays open keeps dead rows alive, and every claim walks over them."""
    number, longest = _ask(LONG_TRANSACTIONS, [LONGEST_TRANSACTION])
    if number:
        advice = "Find them in pg_stat_activity and end them with pg_terminate_backend."
        return warning(f"{number} open, one for {longest.total_seconds():.0f} s", advice)
    return well("none")


def vacuum() -> Finding:
    """Without it every claim walks over those before it."""
    is_on, untidy = _ask(UNTIDY, [])
    if not is_on:
        return failure("autovacuum is off", "Switch it on: without it the queue becomes slower with every claim.")
    if untidy:
        advice = "Give them autovacuum_vacuum_scale_factor = 0.01 and autovacuum_vacuum_threshold = 500."
        return warning(f"not as eager as it has to be on {untidy}", advice)
    return well("eager on the queue")


def _of_a_worker() -> int:
    """Sequencer, relay, consumers and jobs each hold one while they work; and so does whoever asks for the metrics."""
    return min(3 + len(subscriptions()) + len(jobs()), settings.DATABASE_CONNECTIONS)


def _ask(statement: str, parameters: list[Any] | None = None) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row: tuple[Any, ...] = cursor.fetchone()
    return row
