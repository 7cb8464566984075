"""Time worked is the time worked."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from djirgo.accounts.models import User
from djirgo.errors import DomainError
from djirgo.tasks.jobs import return_work_of_the_departed
from djirgo.tasks.models import Status, Task, WorkInterval
from djirgo.tasks.representation import clock

Clock = Callable[..., datetime]


def test_a_task_that_waits_takes_no_time(task: Task, after: Clock) -> None:
    assert task.shown(now=after(days=3))["perform_time"] == "00:00:00"


def test_the_clock_shows_the_time_while_it_runs(task: Task, bob: User, after: Clock) -> None:
    task.start(by=bob, at=after(minutes=10))
    assert task.shown(now=after(minutes=12))["perform_seconds"] == 120
    assert task.shown(now=after(minutes=12))["is_running"] is True


def test_pauses_and_edits_do_not_count(task: Task, ann: User, bob: User, after: Clock) -> None:
    task.start(by=bob, at=after(minutes=0)).pause(by=bob, at=after(minutes=5))
    task.edit(by=ann, at=after(minutes=30), text="Mend the whole roof")
    task.resume(by=bob, at=after(minutes=60)).complete(by=bob, at=after(minutes=61))
    assert task.shown(now=after(days=9))["perform_time"] == "00:06:00"


def test_hours_pass_ninety_nine() -> None:
    assert clock(0) == "00:00:00"
    assert clock(3599) == "00:59:59"
    assert clock(100 * 3600 + 61) == "100:01:01"


def test_no_task_has_two_running_intervals(task: Task, bob: User, after: Clock) -> None:
    task.start(by=bob, at=after())
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkInterval.objects.create(task=task, project=task.project, performer=bob, started_at=after(minutes=1))


def test_time_does_not_run_backwards_when_clocks_disagree(task: Task, bob: User, after: Clock) -> None:
    task.start(by=bob, at=after(seconds=10))
    task.complete(by=bob, at=after(seconds=9))
    interval = task.intervals.get()
    assert interval.started_at == interval.ended_at == after(seconds=10)
    assert task.worked_microseconds == 0


def test_what_the_departed_held_comes_back_with_its_time(task: Task, bob: User, after: Clock) -> None:
    task.start(by=bob, at=after())
    bob.is_active = False
    bob.save()
    assert not return_work_of_the_departed(after(minutes=4))
    assert not return_work_of_the_departed(after(minutes=5))
    task.refresh_from_db()
    assert (task.status, task.performer) == (Status.NEW, None)
    assert task.worked_microseconds == 240_000_000


STEPS = st.lists(
    st.tuples(st.sampled_from(["start", "pause", "resume", "release", "complete", "reopen"]), st.integers(0, 10**12)),
    max_size=12,
)


@pytest.mark.django_db
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_the_sum_is_that_of_the_intervals_to_the_microsecond(steps: list[tuple[str, int]]) -> None:
    start = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    user, _ = User.objects.get_or_create(username="worker")
    task = Task.create(by=user, at=start, text="Anything")
    now, running_since, worked = start, None, timedelta(0)
    for verb, microseconds in steps:
        now += timedelta(microseconds=microseconds)
        try:
            getattr(task, verb)(by=user, at=now)
        except DomainError:
            task.refresh_from_db()
            continue
        if verb in ("start", "resume"):
            running_since = now
        elif running_since is not None:
            worked, running_since = worked + (now - running_since), None
    ended = task.intervals.filter(ended_at__isnull=False)
    total = sum(((interval.ended_at - interval.started_at) for interval in ended), timedelta(0))
    assert total == worked == timedelta(microseconds=task.worked_microseconds)
    assert task.intervals.running().count() == (1 if running_since else 0)
