"""What stands in the database before it begins. Run inside `djirgo shell`."""

import json
from typing import Any

from django.utils import timezone

from djirgo.accounts.models import ApiToken, Scope, User
from djirgo.tasks.models import Priority, Project, Task

LABELS = ([], ["ocr"], ["ocr", "de"])


def put_in(tasks: int, bots: int) -> None:
    """Tasks in two projects, of every priority, some of which wait for others; prints the tokens of the bots."""
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
    users = [User.create_bot(f"bot{number}", by=boss, at=timezone.now()) for number in range(bots)]
    print(json.dumps({user.username: _token(user, boss) for user in [boss, *users]}))


def _token(user: User, boss: User) -> str:
    _, text = ApiToken.issue("torture", list(Scope), acting_as=user, expires_at=None, by=boss, at=timezone.now())
    return text
