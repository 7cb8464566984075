"""`djirgo serve`: the web, as many as you like."""

from typing import Any

from django.core.management import BaseCommand

from djirgo.ops import server


class Command(BaseCommand):
    help = "Answers requests on DJIRGO_HOST and PORT until it is told to stop."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        server.serve()
