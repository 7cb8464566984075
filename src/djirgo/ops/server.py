"""The web server: granian, one process per core, each with its threads."""

import os
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from djirgo.live.ending import when_told_to_stop
from djirgo.ops import collector, start
from djirgo.ops.processes import end_with

#: How long a request that was begun may take to finish after the stop.
GRACE_SECONDS = 20


def serve() -> None:
    """Answer until told to stop, then finish the requests that were begun."""
    start.refuse_taken_port(settings.HOST, settings.PORT)
    start.wait_for_database()
    start.refuse_missing_migrations()
    start.let_go_of_the_database()
    _server().serve(target_loader=partial(_application, os.getpid()), wrap_loader=False)


def _server() -> MPServer:
    """Backpressure stays at granian's hundreds of connections: idle ones that are kept alive count as well.

    A process that dies is replaced; one that dies at once, again and again, ends the server, and whoever looks after it
    decides. Access lines are our own, with the request's id.
    """
    return MPServer(
        settings.WSGI_APPLICATION,
        address=settings.HOST,
        port=settings.PORT,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=settings.WEB_PROCESSES,
        blocking_threads=settings.SERVER_THREADS,
        # A thread that ends takes its database connection along: keep it for as long as granian can.
        blocking_threads_idle_timeout=600,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_SECONDS,
        log_dictconfig=settings.LOGGING,
        log_level=LogLevels.info if settings.LOG_LEVEL == "debug" else LogLevels.error,
    )


def _application(parent: int) -> Callable[..., Any]:
    """Called in each process of the server.

    One that is told to stop waits for its requests, and they may be waiting for it: granian ends it after the grace.
    Without granian nobody would, and on SQLite it would keep everybody else from writing.
    """
    end_with(parent, signal.SIGKILL)
    application: Callable[..., Any] = import_string(settings.WSGI_APPLICATION)
    import_string("djirgo.ops.hands.take_over")()
    import_string("djirgo.ops.metrics.forget_the_dead")()
    when_told_to_stop(import_string("djirgo.live.tail.tail").end)
    collector.look_seldom()  # a process that was not forked knows nothing of it yet
    collector.spare_what_is_there()
    return application
