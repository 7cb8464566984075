"""`djirgo up`: everything in one process tree. This is what `make run` runs."""

import socket
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, call_command

from djirgo.ops import processes, start

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


class Command(BaseCommand):
    help = "Applies the migrations, then runs the web and a worker until it is told to stop."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        with start.alone_on(settings.DATA_DIR):
            start.refuse_taken_port(settings.HOST, settings.PORT)
            call_command("migrate", interactive=False, verbosity=0)
            start.let_go_of_the_database()
            processes.run(["serve", "work"], is_ready=answers, announce=self.announce)

    def announce(self) -> None:
        host = f"[{reachable()}]" if ":" in reachable() else reachable()
        self.stdout.write(
            f"Djirgo is ready on http://{host}:{settings.PORT} with its data in {settings.DATA_DIR}; Ctrl-C stops it."
        )
        self.stdout.flush()


def answers() -> bool:
    """Whether somebody listens: the web server does so when it could answer."""
    with suppress(OSError), socket.create_connection((reachable(), settings.PORT), timeout=1):
        return True
    return False


def reachable() -> str:
    return EVERYWHERE.get(settings.HOST, settings.HOST)
