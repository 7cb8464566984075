"""`djirgo up`: everything in one, on one machine."""

import sys
from typing import Any

from django.core.management import BaseCommand

from djirgo.ops import processes


class Command(BaseCommand):
    help = "Prepares the database and runs the web and the worker until it is told to stop."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        processes.up(sys.stdout)
