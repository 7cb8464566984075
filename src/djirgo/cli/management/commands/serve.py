"""`djirgo serve`: the web, beside any number of other web servers."""

from typing import Any

from django.core.management import BaseCommand

from djirgo.ops import server


class Command(BaseCommand):
    help = "Serves the API and the admin until it is told to stop. Expects a database with all migrations applied."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        server.serve()
