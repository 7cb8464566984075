"""What the database holds before the first question: users who can log in, and tasks in every state."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

PASSWORD = "correct horse battery"  # noqa: S105
STEP = 5_000
WORDS = ("mend", "send", "paint", "count", "order", "fetch", "carry", "write", "check", "wash", "roof", "letter")


def fill(tasks: int, users: int) -> dict[str, Any]:
    """Users with their tokens, and so many tasks, of which three in five are new."""
    from django.contrib.auth.hashers import make_password
    from django.db import connection

    from djirgo.accounts.jwt import RefreshToken
    from djirgo.accounts.models import User

    known = User.objects.count()
    hashed = make_password(PASSWORD)
    User.objects.bulk_create(
        [User(username=f"user{number}", username_folded=f"user{number}", password=hashed)
         for number in range(known, users)], batch_size=STEP,
    )  # fmt: skip
    people = list(User.objects.filter(username__startswith="user").order_by("id"))
    _put_in(tasks, people)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return {
        "names": [person.username for person in people],
        "tokens": [str(RefreshToken.for_user(person).access_token) for person in people],
    }


def _put_in(tasks: int, people: list[Any]) -> None:
    from djirgo.tasks.models import Label, Task

    dice = random.Random(1)
    began = datetime.now(UTC) - timedelta(days=365)
    there_are = Task.objects.count()
    for first in range(there_are, tasks, STEP):
        batch = [_task(number, dice, people, began) for number in range(first, min(first + STEP, tasks))]
        Task.objects.bulk_create(batch)
        Label.objects.bulk_create(
            Label(task=task, name=name, **task.place_in_queue) for task in batch for name in task.labels
        )


def _task(number: int, dice: random.Random, people: list[Any], began: datetime) -> Any:
    from djirgo.tasks.models import Status, Task

    status = dice.choices([Status.NEW, Status.IN_PROGRESS, Status.COMPLETED], [60, 10, 30])[0]
    performer = None if status == Status.NEW else dice.choice(people)
    at = began + timedelta(seconds=30 * number % 31_000_000)
    return Task(
        text=f"{' '.join(dice.choices(WORDS, k=6))} {number}",
        status=status,
        owner=dice.choice(people),
        performer=performer,
        priority=dice.randrange(4),
        labels=dice.sample(["ocr", "house", "office", "north", "south"], dice.randrange(3)),
        due_at=at + timedelta(days=dice.randrange(400)) if dice.random() < 0.5 else None,
        created_at=at,
        updated_at=at,
        started_at=at if performer else None,
        completed_at=at if status == Status.COMPLETED else None,
        worked_microseconds=dice.randrange(10**10) if performer else 0,
    )


if __name__ == "__main__":
    import json
    import os
    import sys
    from pathlib import Path

    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "djirgo.config.settings"
    django.setup()
    Path(sys.argv[3]).write_text(json.dumps(fill(int(sys.argv[1]), int(sys.argv[2]))))
