"""`djirgo doctor`: what is wrong with this set-up, and what to do about it."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management import BaseCommand, CommandParser

from djirgo.ops.doctor import Level, examine


class Command(BaseCommand):
    help = "Says what is wrong with this set-up. Ends with 1 if something has to be mended."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(examine())
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=2))
        else:
            for finding in findings:
                self.stdout.write(f"{finding.level.upper():5} {finding.check:13} {finding.says}")
        if any(finding.level == Level.FAIL for finding in findings):
            sys.exit(1)
