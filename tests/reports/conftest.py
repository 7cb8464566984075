"""The team of the tasks, and a ledger that is written line by line."""

from collections.abc import Callable
from datetime import datetime

import pytest

from djirgo.accounts.models import User
from djirgo.tasks.models import Label, Project, Task, WorkInterval
from djirgo.tasks.models.project import GENERAL
from tests.tasks.conftest import after, ann, anns, bob, bobs, boss, client_of, task

__all__ = ["after", "ann", "anns", "bob", "bobs", "boss", "client_of", "task"]

Ledger = Callable[..., Task]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture
def ledger(db: None) -> Ledger:
    """Write down that somebody worked, as if the clock had: `ledger(bob, "2026-03-02T12:00Z", "2026-03-02T13:00Z")`."""

    def write(
        performer: User,
        start: str,
        end: str | None,
        *,
        task: Task | None = None,
        labels: tuple[str, ...] = (),
        project: int = GENERAL,
    ) -> Task:
        start_at, end_at = instant(start), instant(end) if end else None
        if task is None:
            place = Project.objects.get(pk=project)
            task = Task.objects.create(
                owner=performer,
                text="Something",
                labels=labels,
                project=place,
                created_at=start_at,
                updated_at=start_at,
            )
            Label.objects.bulk_create(Label(task=task, name=name, **task.place_in_queue) for name in labels)
        WorkInterval.objects.create(
            task=task, project_id=task.project_id, performer=performer, started_at=start_at, ended_at=end_at
        )
        return task

    return write
