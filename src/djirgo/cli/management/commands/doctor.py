"""`djirgo doctor`: what is wrong with this set-up, and what to do about it."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management import BaseCommand, CommandParser

from djirgo.ops.doctor import examine
from djirgo.ops.doctor.finding import Finding, Level


class Command(BaseCommand):
    help = "Says what is wrong with this set-up, and what to do. Ends with 1 if something has to be mended."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(examine())
        if options["json"]:
            self.stdout.write(json.dumps([{"check": name} | asdict(finding) for name, finding in findings], indent=2))
        else:
            for name, finding in findings:
                self._tell(name, finding)
        if any(finding.level is Level.FAIL for _, finding in findings):
            sys.exit(1)

    def _tell(self, name: str, finding: Finding) -> None:
        self.stdout.write(f"{finding.level.upper():5} {name:18} {finding.says}")
        if finding.advice:
            self.stdout.write(f"{'':24} {finding.advice}")
