"""`djirgo work`: hand on events and do what is due, beside any number of other workers."""

from typing import Any

from django.core.management import BaseCommand

from djirgo.ops import worker


class Command(BaseCommand):
    help = "Hands on events, runs the consumers and does what is due, until it is told to stop."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        worker.run_until_told_to_stop()
