"""`djirgo consume`: watch the messages arrive."""

import os
import sys
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from djirgo.events.brokers import broker
from djirgo.events.message import Message
from djirgo.events.tail import follow, line
from djirgo.ops.worker import told_to_stop


class Command(BaseCommand):
    help = "Prints each message of a queue, and acknowledges it when it is printed. Ctrl-C ends it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="the whole envelope, one a line")
        parser.add_argument("--queue", default="djirgo.tasks", help="djirgo.tasks if nothing is said")

    def handle(self, *args: Any, json: bool, queue: str, **options: Any) -> None:
        try:
            inbox = broker().queue(queue)
        except LookupError as problem:
            raise CommandError(str(problem)) from None
        try:
            follow(inbox, show_as_json if json else show_as_line, self.stderr.write, told_to_stop())
        except BrokenPipeError:
            # Whoever read along has gone; Python would complain once more when it closes the pipe.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        finally:
            inbox.close()


def show_as_line(message: Message) -> None:
    print(line(message), flush=True)


def show_as_json(message: Message) -> None:
    sys.stdout.buffer.write(message.body() + b"\n")
    sys.stdout.buffer.flush()
