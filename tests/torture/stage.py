"""What stands in the database before it begins, and when all is over. Run inside `djirgo shell`."""

import json
import time
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import Error, close_old_connections
from django.utils import timezone

from djirgo.accounts.jwt import RefreshToken
from djirgo.accounts.models import ApiToken, Scope, User
from djirgo.events.models import Event, Receipt
from djirgo.intake.models import Intake
from djirgo.tasks.models import Priority, Project, Task
from tests.torture.journals import notes_in

LABELS = ([], ["ocr"], ["ocr", "de"])


def put_in(tasks: int, bots: int, senders: int) -> None:
    """Tasks in two projects, of every priority, some of which wait for others; prints everybody's token."""
    call_command("migrate", verbosity=0)
    boss = User.objects.create_user("boss")
    projects = [Project.objects.get(pk=1), Project.create(by=boss, at=timezone.now(), name="Other", is_open=True)]
    before: list[list[int]] = [[], []]
    for number in range(tasks):
        place = number % 2
        edits: dict[str, Any] = {"priority": Priority(number % 4), "labels": LABELS[number % 3]}
        if number % 10 in (8, 9):
            edits["blocked_by"] = before[place][-3:-1]
        task = Task.create(by=boss, at=timezone.now(), text=f"Number {number}", project=projects[place], **edits)
        before[place].append(task.pk)
    programs = [User.create_bot(f"bot{number}", by=boss, at=timezone.now()) for number in range(bots)]
    people = [User.objects.create_user(f"sender{number}") for number in range(senders)]
    tokens = {user.username: _token(user, boss) for user in [boss, *programs]}
    # A session is believed by its signature, so that its owner can send while the database is away.
    sessions = {user.username: str(RefreshToken.for_user(user).access_token) for user in people}
    print(json.dumps(tokens | sessions))


def _token(user: User, boss: User) -> str:
    _, text = ApiToken.issue("torture", list(Scope), acting_as=user, expires_at=None, by=boss, at=timezone.now())
    return text


def wait_until_all_is_told(home: str, patience: float) -> None:
    """Prints how many events there are about tasks, once nothing moves any more, or nobody can wait for longer."""
    accepted = {note["accepted"] for _, note in notes_in(Path(home) / "senders") if "accepted" in note}
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and not _all_is_told(accepted):
        time.sleep(0.2)
    print(Event.objects.filter(type__startswith="task.").count())


def _all_is_told(accepted: set[str]) -> bool:
    try:
        told = Receipt.objects.filter(consumer="task_counts").count()
        return (
            not Task.objects.exclude(status="Completed").exists()
            and Intake.objects.filter(pk__in=accepted).count() == len(accepted)
            and told == Event.objects.filter(type__startswith="task.").count()
        )
    except Error:
        close_old_connections()
        return False
