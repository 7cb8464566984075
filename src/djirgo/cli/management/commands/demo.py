"""`djirgo demo`: fill an installation with a team and a month of its work, for trying out."""

import signal
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone

from djirgo.demo.fill import AlreadyThere, NotEmpty, fill
from djirgo.demo.keep_working import NobodyThere, find, keep_working


class Command(BaseCommand):
    help = "Fills an empty installation with a team, two projects and a month of work, for trying out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--beside-others", action="store_true", help="although there are tasks already, which stay as they are"
        )
        parser.add_argument(
            "--keep-working",
            action="store_true",
            help="run the bot of the demonstration until Ctrl-C; fill first if need be",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        is_working = options["keep_working"]
        try:
            if not is_working or not _is_there():
                self._fill(beside_others=options["beside_others"])
            if is_working:
                self._keep_working()
        except (NotEmpty, AlreadyThere) as error:
            raise CommandError(str(error)) from None

    def _fill(self, *, beside_others: bool) -> None:
        team = fill(now=timezone.now(), beside_others=beside_others)
        people = [name for name, user in team.users.items() if not user.is_bot]
        board = reverse("board", args=[team.shop.pk])
        self.stdout.write(
            f"A month of work is there. Log in at http://localhost:{settings.PORT}{board} as {people[0]}"
            f" (or {', '.join(people[1:])}) with the password {team.password}\n"
            "It is not shown again. Do this on no installation that others can reach."
        )

    def _keep_working(self) -> None:
        over = Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: over.set())
        bot, project = find()
        self.stdout.write(f"{bot} works in {project} until Ctrl-C.")
        keep_working(bot, project, wait=over.wait, tell=self._tell, now=timezone.now)

    def _tell(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()


def _is_there() -> bool:
    try:
        find()
    except NobodyThere:
        return False
    return True
