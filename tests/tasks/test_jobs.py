"""What is done about tasks now and then, whatever stands in the way."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from djirgo.accounts.models import User
from djirgo.ops.start import apart
from djirgo.tasks import jobs
from djirgo.tasks.claim import Wish, claim
from djirgo.tasks.jobs import return_expired_leases, return_work_of_the_departed
from djirgo.tasks.models import Project, Role, Status, Task

Clock = Callable[..., datetime]
LONG_AGO = timezone.now() - timedelta(days=1)


@pytest.fixture
def bot(ann: User) -> User:
    return User.create_bot("bot", by=ann, at=LONG_AGO)


def expired(bot: User, number: int) -> list[Task]:
    """Tasks whose holder has vanished, in the order in which their leases ran out."""
    for _ in range(number):
        Task.create(by=bot, at=LONG_AGO, text="Left behind")
    return [claim(Wish(bot), at=LONG_AGO + timedelta(seconds=place), lease_seconds=60)[0] for place in range(number)]


def still_held() -> int:
    return Task.objects.filter(status=Status.IN_PROGRESS).count()


def test_a_full_batch_is_followed_by_the_next_at_once(bot: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BATCH", 3)
    expired(bot, 5)
    assert return_expired_leases(timezone.now())
    assert still_held() == 2
    assert not return_expired_leases(timezone.now())
    assert still_held() == 0


def test_tasks_that_cannot_be_returned_hold_up_no_other(bot: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BATCH", 3)
    broken = {task.pk for task in expired(bot, 8)[:4]}
    expire = Task.expire_lease

    def fail_for_some(task: Task, *, at: datetime) -> Task:
        expire(task, at=at)
        if task.pk in broken:
            raise ValueError("a row that nobody expected")
        return task

    monkeypatch.setattr(Task, "expire_lease", fail_for_some)
    while return_expired_leases(timezone.now()):
        pass
    assert {task.pk for task in Task.objects.filter(status=Status.IN_PROGRESS)} == broken


@pytest.mark.django_db(transaction=True)
def test_a_task_that_somebody_has_locked_holds_up_no_other(bot: User) -> None:
    locked, free = expired(bot, 2)
    if connection.vendor == "sqlite":
        pytest.skip("SQLite locks no rows: whoever writes holds up everybody")
    with apart() as other, transaction.atomic(), other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT id FROM tasks_task WHERE id = %s FOR UPDATE", [locked.pk])
        assert not return_expired_leases(timezone.now())
    assert Task.objects.get(pk=free.pk).status == Status.NEW
    assert Task.objects.get(pk=locked.pk).status == Status.IN_PROGRESS


def test_what_strangers_hold_of_a_project_that_was_closed_comes_back(ann: User, bob: User, after: Clock) -> None:
    project = Project.create(by=ann, at=after(), name="Open at first", is_open=True)
    begun, given, theirs = (Task.create(by=ann, at=after(), text="Work", project=project) for _ in range(3))
    begun.start(by=bob, at=after())
    given.assign(bob, by=ann, at=after())
    theirs.start(by=ann, at=after())
    assert not return_work_of_the_departed(after(minutes=1))
    assert Task.objects.filter(performer=bob).count() == 2
    project.edit(by=ann, at=after(minutes=2), is_open=False)
    assert claim(Wish(bob), at=after(minutes=2)) == []
    assert not return_work_of_the_departed(after(minutes=3))
    assert list(Task.objects.exclude(performer=None)) == [theirs]


def test_what_somebody_holds_who_only_looks_on_by_now_comes_back(ann: User, bob: User, after: Clock) -> None:
    project = Project.create(by=ann, at=after(), name="Private")
    project.admit(bob, by=ann, at=after())
    task = Task.create(by=ann, at=after(), text="Work", project=project).start(by=bob, at=after())
    project.memberships.filter(user=bob).update(role=Role.VIEWER)
    return_work_of_the_departed(after(minutes=1))
    task.refresh_from_db()
    assert (task.status, task.performer) == (Status.NEW, None)


def test_what_changed_hands_in_the_meantime_is_not_taken_from_its_new_performer(
    ann: User, bob: User, after: Clock
) -> None:
    task = Task.create(by=ann, at=after(), text="Work").assign(bob, by=ann, at=after())
    Task.objects.get(pk=task.pk).assign(ann, by=ann, at=after())
    task.hand_back(by=None, at=after(minutes=1))
    assert Task.objects.get(pk=task.pk).performer == ann
