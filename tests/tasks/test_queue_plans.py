"""However many tasks wait, a claim looks at the first: the plans that the databases make for it.

A plan that sorts, or reads a table from end to end, would cost more with every task that waits.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet

from djirgo.accounts.models import User
from djirgo.tasks.claim import Row, Wish, first_of_each, given_to, waiting_in
from djirgo.tasks.models import Label, Project, Task
from djirgo.tasks.models.project import GENERAL
from tests.tasks.conftest import NOON

NUMBER = 12_000

#: What a claim looks through.
ROWS: dict[str, Callable[[], Row]] = {
    "what waits in a project": lambda: waiting_in(GENERAL, ()),
    "what waits with a label": lambda: waiting_in(GENERAL, ["ocr"]),
    "what waits with a label that none has": lambda: waiting_in(GENERAL, ["none"]),
    "what waits with two labels": lambda: waiting_in(GENERAL, ["ocr", "de"]),
    "what somebody was given": lambda: given_to(wish()),
    "what somebody was given with a label": lambda: given_to(wish(labels=["ocr"])),
}
QUESTIONS: dict[str, Callable[[], QuerySet[Any]]] = {
    **{f"{name}, looking": (lambda row=row: row().in_order()) for name, row in ROWS.items()},  # type: ignore[misc]
    **{f"{name}, taking": (lambda row=row: row().free()) for name, row in ROWS.items()},  # type: ignore[misc]
    "what waits in each project": lambda: first_of_each(Project.objects.worked_on_by(wish().by), ()),
    "what waits in each project with a label": lambda: first_of_each(Project.objects.worked_on_by(wish().by), ["ocr"]),
    "whose lease has run out": lambda: Task.objects.with_lease_expired(NOON),
}


def wish(**more: Any) -> Wish:
    return Wish(User.objects.get(username="owner7"), **more)


@pytest.fixture(scope="module")
def long_queue(django_db_setup: None, django_db_blocker: object) -> object:
    """Half of the tasks are finished, most of the others wait for anybody, and some for whom they were given to."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        owners = User.objects.bulk_create(User(username=f"owner{number}") for number in range(20))
        tasks = Task.objects.bulk_create(
            Task(
                text=f"Task {number}",
                owner=owners[0],
                status="New" if number % 2 else "Completed",
                performer=owners[number % 20] if number % 2 == 0 or number % 10 == 7 else None,
                priority=number % 4,
                labels=["ocr", "de"],
                due_at=NOON + timedelta(minutes=number) if number % 3 else None,
                created_at=NOON,
                updated_at=NOON,
            )
            for number in range(NUMBER)
        )
        Label.objects.bulk_create(
            Label(task=task, name=name, **task.place_in_queue) for task in tasks for name in task.labels
        )
        # SQLite is not asked to count: it would take tasks without a performer to be as rare as those of any performer.
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        yield tasks
        Label.objects.all().delete()
        Task.objects.all().delete()
        User.objects.all().delete()


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_plan_of_a_claim_is_a_walk_over_an_index(name: str, long_queue: object, db: None) -> None:
    with transaction.atomic():
        explained = QUESTIONS[name]()[:1].explain()
    # SQLite gives the tables of a subquery letters; V0 are the projects.
    walk = r"SCAN (tasks_task|tasks_label|U\d)(?! USING)"
    assert not re.search(rf"Seq Scan on tasks_(task|label)|Sort|TEMP B-TREE|{walk}", explained), explained
