"""How work flows, held against what Python makes of the same tasks."""

from datetime import UTC, date, datetime, timedelta
from statistics import quantiles
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from djirgo.accounts.models import User
from djirgo.reports.flow import Flow, Times, flow
from djirgo.reports.period import Period
from djirgo.tasks.models import Membership, Project, Role, Task
from djirgo.tasks.models.project import GENERAL
from tests.reports.conftest import instant
from tests.tasks.conftest import NOON

MINUTE = 60_000_000


def done(by: User, waited: float, worked: float, idle: float = 0, project: int = GENERAL, at: datetime = NOON) -> Task:
    """A task that waited for so many minutes, was worked on, then lay idle, and was completed."""
    place = Project.objects.get(pk=project)
    task = Task.create(by=by, at=at, text="Something", project=place)
    at += timedelta(minutes=waited)
    task.start(by=by, at=at)
    task.pause(by=by, at=at + timedelta(minutes=worked))
    return task.complete(by=by, at=at + timedelta(minutes=worked + idle))


def march(by: User, zone: str = "UTC", **more: int) -> Flow:
    return flow(Period(instant("2026-03-01T00:00Z"), instant("2026-04-01T00:00Z"), ZoneInfo(zone)), by=by, **more)


def test_waiting_work_and_cycle_are_told_apart(ann: User) -> None:
    done(ann, waited=10, worked=2, idle=3)
    done(ann, waited=20, worked=4, idle=5)
    found = march(ann)
    assert found.waiting == Times(2, 15 * MINUTE, 19 * MINUTE)
    assert found.work == Times(2, 3 * MINUTE, int(3.8 * MINUTE))
    assert found.cycle == Times(2, 7 * MINUTE, int(8.6 * MINUTE))


def test_where_nothing_was_completed_there_is_nothing_to_tell(ann: User) -> None:
    Task.create(by=ann, at=NOON, text="New").start(by=ann, at=NOON)
    nothing = Times(0, None, None)
    assert (march(ann).waiting, march(ann).work, march(ann).cycle) == (nothing, nothing, nothing)
    assert {number for _, number in march(ann).throughput} == {0}


def test_what_is_corrected_is_in_the_work_of_its_task(ann: User) -> None:
    task = done(ann, waited=10, worked=2)
    interval = task.intervals.get()
    moved = interval.started_at + timedelta(minutes=1)
    task.correct_time(interval.pk, started_at=moved, reason="Late", by=ann, at=NOON + timedelta(days=1))
    assert march(ann).work.median == MINUTE
    assert march(ann).cycle.median == 2 * MINUTE


def test_a_task_that_was_opened_again_is_not_done(ann: User) -> None:
    task = done(ann, waited=10, worked=2)
    task.reopen(by=ann, at=NOON + timedelta(days=1))
    assert march(ann).cycle.number == 0
    task.start(by=ann, at=NOON + timedelta(days=2)).complete(by=ann, at=NOON + timedelta(days=2))
    assert march(ann).cycle == Times(1, *[2 * 24 * 60 * MINUTE - 10 * MINUTE] * 2)


def test_the_throughput_names_every_day_of_the_place(ann: User) -> None:
    done(ann, waited=0, worked=11.5 * 60)
    done(ann, waited=0, worked=1)
    in_utc, in_berlin = dict(march(ann).throughput), dict(march(ann, "Europe/Berlin").throughput)
    assert (in_utc[date(2026, 3, 2)], in_utc[date(2026, 3, 3)]) == (2, 0)
    assert (in_berlin[date(2026, 3, 2)], in_berlin[date(2026, 3, 3)]) == (1, 1)
    assert len(in_utc) == 31
    assert len(in_berlin) == 32  # an hour of the last one


def test_only_what_was_completed_in_the_period_counts(ann: User) -> None:
    for at in ("2026-02-28T23:59:59.999999Z", "2026-03-01T00:00Z", "2026-03-31T23:59:59.999999Z", "2026-04-01T00:00Z"):
        done(ann, 0, 0, at=instant(at))
    assert march(ann).cycle.number == 2


def test_expiries_and_retries_are_counted(ann: User, bob: User) -> None:
    task = Task.create(by=ann, at=NOON, text="Hard")
    task.claim(lease_seconds=10, by=bob, at=NOON)
    task.expire_lease(at=NOON + timedelta(minutes=1))
    task.start(by=bob, at=NOON + timedelta(minutes=2)).fail("no", by=bob, at=NOON + timedelta(minutes=3))
    task.start(by=bob, at=NOON + timedelta(minutes=4)).fail("no", by=bob, at=NOON + timedelta(minutes=5))
    assert (march(ann).expiries, march(ann).retries) == (1, 2)
    later = Period(instant("2026-04-01T00:00Z"), instant("2026-05-01T00:00Z"), ZoneInfo("UTC"))
    assert flow(later, by=ann)[-2:] == (0, 0)


def test_everybody_sees_the_flow_of_what_they_may_see(ann: User, bob: User, boss: User) -> None:
    private = Project.create(name="Private", own_tasks_only=True, by=ann, at=NOON)
    Membership.objects.create(project=private, user=bob, role=Role.MEMBER, joined_at=NOON)
    done(ann, 1, 1, project=private.pk)
    done(bob, 3, 1, project=private.pk)
    theirs = Task.create(by=ann, at=NOON, text="Hard", project=private)
    theirs.start(by=ann, at=NOON).fail("no", by=ann, at=NOON)
    eve = User.objects.create_user("eve")
    assert [march(user).cycle.number for user in (ann, boss, bob, eve)] == [2, 2, 1, 0]
    assert [march(user, project=private.pk).cycle.number for user in (ann, boss, bob, eve)] == [2, 2, 1, 0]
    assert [march(user, project=GENERAL).cycle.number for user in (ann, boss, bob, eve)] == [0, 0, 0, 0]
    assert [march(user).retries for user in (ann, boss, bob, eve)] == [1, 1, 0, 0]
    assert march(bob).waiting.median == 3 * MINUTE


@pytest.mark.django_db
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(spans=st.lists(st.tuples(*[st.integers(0, 10**10)] * 3), min_size=1, max_size=25))
def test_the_quantiles_are_those_of_python(spans: list[tuple[int, int, int]]) -> None:
    Task.objects.all().delete()
    user, _ = User.objects.get_or_create(username="worker")
    for waited, worked, idle in spans:
        done(user, *(span / MINUTE for span in (waited, worked, idle)), at=datetime(2026, 3, 2, tzinfo=UTC))
    found = march(user)
    tasks = Task.objects.filter(completed_at__lt=instant("2026-04-01T00:00Z"))
    measured = {
        "waiting": [task.started_at - task.created_at for task in tasks],
        "work": [timedelta(microseconds=task.worked_microseconds) for task in tasks],
        "cycle": [task.completed_at - task.started_at for task in tasks],
    }
    for name, spans_of in measured.items():
        values = [span // timedelta(microseconds=1) for span in spans_of]
        expected = [values[0]] * 9 if len(values) == 1 else quantiles(values, n=10, method="inclusive")
        times = getattr(found, name)
        assert times.number == len(values)
        assert times.median == pytest.approx(expected[4], abs=1)
        assert times.p90 == pytest.approx(expected[8], abs=1)
