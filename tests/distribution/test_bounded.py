"""What it costs to look does not grow with what waits: a hundred thousand tasks that nobody can take are nothing."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from djirgo.distribution.consumers import give_out_work
from djirgo.distribution.dispatch import dispatch
from djirgo.distribution.distribute import rehearse
from djirgo.distribution.jobs import offer_waiting
from djirgo.events.message import Message
from djirgo.events.models import Event
from djirgo.tasks.models import Project, Task
from tests.distribution.conftest import NOON, Crew, give_out, person, put_in

MANY = 100_000
#: Rows on PostgreSQL, hundreds of instructions on SQLite; to walk over what waits takes many times as much of either.
LITTLE = 2_000


@pytest.fixture
def crowded(project: Project, crew: Crew) -> Project:
    """Ann can read, and everything that waits wants somebody who can read and write."""
    crew("ann", skills=["reads"])
    first = put_in(project, "reads", "writes")
    columns = ", ".join(
        field.column for field in Task._meta.concrete_fields if not field.primary_key and not field.generated
    )
    with connection.cursor() as cursor:
        while project.tasks.count() < MANY:
            cursor.execute(f"INSERT INTO tasks_task ({columns}) SELECT {columns} FROM tasks_task")  # noqa: S608
        cursor.execute("ANALYZE tasks_task")  # as autovacuum does where so much has come
    assert first.label_set == Task.objects.latest("pk").label_set
    return project


class Effort:
    """How much the database looked at."""

    number = 0


@contextmanager
def effort() -> Iterator[Effort]:
    spent = Effort()
    if connection.vendor == "postgresql":
        before = _rows_looked_at()
        yield spent
        spent.number = _rows_looked_at() - before
        return
    database: sqlite3.Connection = connection.connection
    database.set_progress_handler(lambda: setattr(spent, "number", spent.number + 1), 100)
    yield spent
    database.set_progress_handler(None, 0)


def _rows_looked_at() -> int:
    """In this transaction, which has not been told to the statistics yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) FROM pg_stat_xact_user_tables"
        )
        return int(cursor.fetchone()[0])


def heard(project: Project) -> None:
    event = Event.objects.filter(scope=f"projects/{project.pk}").last()
    assert event is not None
    event.sequence = 1
    give_out_work([Message.of(event)])


LOOKS: dict[str, Callable[[Project], object]] = {
    "an event": heard,
    "a step": lambda project: dispatch(project, at=NOON),
    "the job": lambda project: offer_waiting(NOON),
    "a rehearsal": lambda project: rehearse(project, by=person("boss")),
}


def test_a_hundred_thousand_tasks_that_nobody_can_take_are_stepped_over(crowded: Project) -> None:
    for what, look in LOOKS.items():
        with effort() as spent, CaptureQueriesContext(connection) as asked:
            look(crowded)
        assert spent.number < LITTLE, f"{what} looks at {spent.number}"
        assert len(asked) < 20, f"{what} asks {len(asked)} times"
    task = put_in(crowded, "reads")
    with effort() as spent:
        assert give_out(crowded) == [(task, "ann")]
    assert spent.number < LITTLE
