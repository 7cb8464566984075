"""What the database holds before the first question: users who can log in, and tasks in every state."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import Any

PASSWORD = "correct horse battery"  # noqa: S105
STEP = 5_000
WORDS = ("mend", "send", "paint", "count", "order", "fetch", "carry", "write", "check", "wash", "roof", "letter")
LABELS = ("ocr", "house", "office", "north", "south")
#: So many tasks are quicker put in when their indexes are made afterwards.
WORTH_IT = 20_000


def fill(tasks: int, users: int) -> dict[str, Any]:
    """Users with their tokens, and so many tasks, of which three in five are new."""
    from django.db import connection

    from djirgo.accounts.jwt import RefreshToken
    from djirgo.accounts.models import User

    _let_in(users)
    people = list(User.objects.filter(username__startswith="user").order_by("id"))
    if connection.vendor == "postgresql":
        _put_in_by_sql(tasks, [person.pk for person in people])
    else:
        _put_in(tasks, people)
    return {
        "names": [person.username for person in people],
        "tokens": [str(RefreshToken.for_user(person).access_token) for person in people],
    }


def _let_in(users: int) -> None:
    from django.contrib.auth.hashers import make_password

    from djirgo.accounts.models import User

    hashed = make_password(PASSWORD)
    names = [f"user{number}" for number in range(User.objects.count(), users)]
    User.objects.bulk_create(
        (User(username=name, username_folded=name, password=hashed) for name in names), batch_size=STEP
    )


# --- By the ORM, on SQLite --------------------------------------------------------------------------------------------


def _put_in(tasks: int, people: list[Any]) -> None:
    from djirgo.tasks.models import Label, Task

    dice = random.Random(1)
    began = datetime.now(UTC) - timedelta(days=365)
    for first in range(Task.objects.count(), tasks, STEP):
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
        labels=dice.sample(LABELS, dice.randrange(3)),
        due_at=at + timedelta(days=dice.randrange(400)) if dice.random() < 0.5 else None,
        created_at=at,
        updated_at=at,
        started_at=at if performer else None,
        completed_at=at if status == Status.COMPLETED else None,
        worked_microseconds=dice.randrange(10**10) if performer else 0,
    )


# --- The same by the database itself, on PostgreSQL, for millions -----------------------------------------------------

TASKS = """
    INSERT INTO tasks_task (
        text, project_id, status, owner_id, performer_id, is_assigned_by_a_person, priority, labels, label_set, due_at,
        blocked_by, is_blocked, blocks_others, created_at, updated_at, started_at, completed_at, worked_microseconds,
        attempts, version
    )
    SELECT
        concat_ws(' ', w[1 + number %% 12], w[1 + number / 7 %% 12], w[1 + number / 11 %% 12], w[1 + number / 13 %% 12],
            w[1 + number / 17 %% 12], w[1 + number / 19 %% 12], number),
        1, status, owner, CASE WHEN status <> 'New' THEN performer END, false, priority, combination.labels,
        combination.label_set, CASE WHEN has_due THEN at + days * interval '1 day' END,
        '[]'::jsonb, false, false, at, at,
        CASE WHEN status <> 'New' THEN at END, CASE WHEN status = 'Completed' THEN at END,
        CASE WHEN status <> 'New' THEN worked ELSE 0 END, 0, 1
    FROM (
        SELECT number, %(words)s::text[] AS w, (%(people)s::bigint[])[1 + floor(random() * %(users)s)::int] AS owner,
            (%(people)s::bigint[])[1 + floor(random() * %(users)s)::int] AS performer,
            floor(random() * 4)::int AS priority,
            (ARRAY['New', 'New', 'New', 'New', 'New', 'New', 'In_Progress', 'Completed', 'Completed', 'Completed'])[
                1 + floor(random() * 10)::int] AS status,
            floor(random() * %(combinations)s)::int AS chosen, random() < 0.5 AS has_due,
            floor(random() * 400) AS days, floor(random() * 1e10)::bigint AS worked,
            now() - interval '365 days' + (number * 30::bigint %% 31000000) * interval '1 second' AS at
        FROM generate_series(%(first)s, %(last)s) AS number
    ) AS made
    JOIN unnest(%(labels)s::jsonb[], %(sets)s::text[]) WITH ORDINALITY AS combination (labels, label_set, place)
        ON place = 1 + chosen
"""
LABEL_ROWS = """
    INSERT INTO tasks_label (task_id, name, project_id, is_waiting, priority, due_order)
    SELECT id, name, project_id, status = 'New', priority, due_order
    FROM tasks_task, jsonb_array_elements_text(labels) AS name WHERE id > %(known)s AND labels <> '[]'
"""
INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('tasks_task', 'tasks_label')
    AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""


def _put_in_by_sql(tasks: int, people: list[int]) -> None:
    from django.db import connection, transaction

    from djirgo.tasks.models import Task

    there_are = Task.objects.count()
    said = _said(there_are, tasks, people)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INDEXES)
        indexes = cursor.fetchall() if tasks - there_are >= WORTH_IT else []
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL session_replication_role = replica")
        cursor.execute("SELECT setseed(0.5), coalesce(max(id), 0) FROM tasks_task")
        said["known"] = cursor.fetchone()[1]
        cursor.execute(TASKS, said)
        cursor.execute(LABEL_ROWS, said)
        for _, definition in indexes:
            cursor.execute(definition)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE")


def _said(first: int, tasks: int, people: list[int]) -> dict[str, Any]:
    import json

    from djirgo.tasks.models.label import label_set

    chosen = [list(names) for number in range(3) for names in itertools.permutations(LABELS, number)]
    # As often none as one or two of them.
    chosen = [[]] * 20 + chosen[1:6] * 4 + chosen[6:]
    return {
        "first": first,
        "last": tasks - 1,
        "words": list(WORDS),
        "people": people,
        "users": len(people),
        "combinations": len(chosen),
        "labels": [json.dumps(names) for names in chosen],
        "sets": [label_set(names) for names in chosen],
    }


if __name__ == "__main__":
    import json
    import os
    import sys
    from pathlib import Path

    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "djirgo.config.settings"
    django.setup()
    Path(sys.argv[3]).write_text(json.dumps(fill(int(sys.argv[1]), int(sys.argv[2]))))
