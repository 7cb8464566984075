"""`djirgo prune`: delete what has been kept for long enough."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from djirgo.ops import retention


class Command(BaseCommand):
    help = "Delete what has been kept for long enough. The worker does so every minute by itself."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would go, and delete nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        rows = retention.would_go(at=now) if options["dry_run"] else retention.prune(at=now)
        self.stdout.write(f"{'kind':18}{'kept for':>12}{'would go' if options['dry_run'] else 'went':>12}")
        for kind in retention.KINDS:
            self.stdout.write(f"{kind.name:18}{_duration(kind):>12}{rows[kind.name]:>12}")


def _duration(kind: retention.Kind) -> str:
    hours = kind.kept_for.total_seconds() / 3600
    if not hours:
        return "for ever"
    return f"{hours / 24:g} days" if hours >= 48 else f"{hours:g} hours"
