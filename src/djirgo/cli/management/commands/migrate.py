"""`djirgo migrate`: Django's own, for a database that may still be starting, by one process at a time."""

from typing import Any

from django.core.management.commands.migrate import Command as Migrate

from djirgo.ops import start, tables


class Command(Migrate):
    def handle(self, *args: Any, **options: Any) -> None:
        start.wait_for_database()
        with tables.locked():
            super().handle(*args, **options)
