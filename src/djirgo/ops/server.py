"""The web server: granian, WSGI, a process per core and threads in each."""

import os
import shutil
import time
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from granian.constants import Interfaces
from granian.server import Server

#: How long the database may take to come up, in seconds.
PATIENCE = 60
#: How long requests that are being answered may take when the server is told to stop, in seconds.
GRACE = 30


def serve() -> None:
    """Answer requests until told to stop."""
    wait_for_database()
    refuse_unmigrated()
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(empty_metrics_folder())
    os.environ["DJIRGO_SERVER_PID"] = str(os.getpid())
    Server(
        "djirgo.config.wsgi:application",
        address=settings.HOST,
        port=settings.PORT,
        interface=Interfaces.WSGI,
        workers=settings.WEB_PROCESSES,
        blocking_threads=settings.WEB_THREADS,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=GRACE,
        log_dictconfig=settings.LOGGING,
        websockets=False,
    ).serve()


def wait_for_database() -> None:
    """The program waits for its servers itself: not everything that starts it knows how to."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection.ensure_connection()
            return
        except OperationalError as problem:
            if time.monotonic() > deadline:
                reason = str(problem).partition("\n")[0]
                raise ImproperlyConfigured(f"The database of DATABASE_URL does not answer: {reason}") from None
            time.sleep(0.5)


def refuse_unmigrated() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise ImproperlyConfigured("The database is older than the program: run `djirgo migrate` first.")
    connection.close()


def empty_metrics_folder() -> Path:
    """Where the processes of this machine count together. What is left of earlier ones would be counted again."""
    folder: Path = settings.DATA_DIR / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder
