"""How tasks stood at the end of each day, held against what was counted at the time."""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from djirgo.accounts.models import User
from djirgo.errors import DomainError
from djirgo.events.message import Message
from djirgo.events.models import Event
from djirgo.reports.period import Period
from djirgo.reports.standing import standing, statement
from djirgo.tasks.consumers import count_by_status
from djirgo.tasks.models import Project, Status, Task
from djirgo.tasks.models.count import CountChange
from djirgo.tasks.models.project import GENERAL
from tests.reports.conftest import instant
from tests.reports.test_plans import explained
from tests.tasks.conftest import NOON

DAYS = 12
LATER = NOON + timedelta(days=40)


def tell_all() -> None:
    count_by_status([Message.of(event) for event in Event.objects.filter(type__startswith="task.").order_by("?")])


def some_days(zone: str = "UTC") -> Period:
    return Period(instant("2026-03-01T00:00Z"), instant("2026-03-05T00:00Z"), ZoneInfo(zone))


def general() -> Project:
    return Project.objects.get(pk=GENERAL)


def shown(period: Period, project: Project, status: Status, *, now: datetime = LATER) -> list[int]:
    return [day.tasks[status] for day in standing(period, project, now=now)]


@pytest.fixture
def attic(ann: User) -> Project:
    return Project.create(name="Attic", by=ann, at=NOON)


def test_every_status_is_told_as_it_was_at_the_end_of_the_day(ann: User) -> None:
    task = Task.create(by=ann, at=NOON, text="Long")
    task.start(by=ann, at=NOON + timedelta(days=1)).complete(by=ann, at=NOON + timedelta(days=2))
    tell_all()
    assert shown(some_days(), general(), Status.NEW) == [0, 1, 0, 0]
    assert shown(some_days(), general(), Status.IN_PROGRESS) == [0, 0, 1, 0]
    assert shown(some_days(), general(), Status.COMPLETED) == [0, 0, 0, 1]


def test_a_day_ends_when_it_ends_in_the_place(ann: User) -> None:
    Task.create(by=ann, at=instant("2026-03-02T18:14:59.999999Z"), text="Before midnight in Kathmandu")
    Task.create(by=ann, at=instant("2026-03-02T18:15Z"), text="At midnight")
    tell_all()
    kathmandu = ZoneInfo("Asia/Kathmandu")
    starts, ends = (datetime(2026, 3, day, tzinfo=kathmandu) for day in (2, 4))
    assert shown(Period(starts, ends, kathmandu), general(), Status.NEW) == [1, 2]


def test_what_has_moved_or_is_gone_was_there_until_then(ann: User, attic: Project) -> None:
    moved, gone = (Task.create(by=ann, at=NOON, text=text) for text in ("Moved", "Gone"))
    moved.edit(by=ann, at=NOON + timedelta(days=1), project=attic)
    gone.delete_for_good(by=ann, at=NOON + timedelta(days=2))
    tell_all()
    assert shown(some_days(), general(), Status.NEW) == [0, 2, 1, 0]
    assert shown(some_days(), attic, Status.NEW) == [0, 0, 1, 1]


def test_what_happened_after_the_period_is_not_in_it(ann: User) -> None:
    Task.create(by=ann, at=NOON, text="In it")
    Task.create(by=ann, at=NOON + timedelta(days=20), text="After it")
    tell_all()
    assert shown(some_days(), general(), Status.NEW) == [0, 1, 1, 1]


def test_a_day_that_has_not_begun_is_left_out(ann: User) -> None:
    Task.create(by=ann, at=NOON, text="Something")
    tell_all()
    assert shown(some_days(), general(), Status.NEW, now=NOON) == [0, 1]
    assert shown(some_days(), general(), Status.NEW, now=NOON - timedelta(days=9)) == []


def test_what_was_counted_each_evening_is_what_is_told_later(ann: User, attic: Project) -> None:
    chance, counted = random.Random(5), []  # noqa: S311
    projects = [general(), attic]
    for number in range(DAYS):
        for step in range(14):
            at = NOON + timedelta(days=number, minutes=7 * step)
            with suppress(DomainError):
                _something_happens(chance, ann, projects, at)
        counted.append([Counter(project.tasks.values_list("status", flat=True)) for project in projects])
    tell_all()
    period = Period(instant("2026-03-02T00:00Z"), instant("2026-03-14T00:00Z"), ZoneInfo("UTC"))
    for place, project in enumerate(projects):
        told = [Counter(day.tasks) for day in standing(period, project, now=LATER)]
        assert [+day for day in told] == [day[place] for day in counted]
    assert {change.status for change in CountChange.objects.all()} == set(Status.values)


def _something_happens(chance: random.Random, by: User, projects: list[Project], at: datetime) -> None:
    deeds: list[Callable[[Task], object]] = [
        lambda task: task.start(by=by, at=at),
        lambda task: task.start(by=by, at=at),
        lambda task: task.complete(by=by, at=at),
        lambda task: task.cancel(by=by, at=at),
        lambda task: task.fail("no", retry=chance.random() < 0.5, by=by, at=at),
        lambda task: task.reopen(by=by, at=at),
        lambda task: task.release(by=by, at=at),
        lambda task: task.edit(project=chance.choice(projects), by=by, at=at),
        lambda task: task.delete_for_good(by=by, at=at) if chance.random() < 0.3 else task,
    ]
    tasks = list(Task.objects.order_by("pk"))
    if not tasks or chance.random() < 0.4:
        Task.create(text="Something", project=chance.choice(projects), by=by, at=at)
    else:
        chance.choice(deeds)(chance.choice(tasks))


def test_it_is_read_from_the_index_of_what_came_and_went(db: None) -> None:
    CountChange.objects.bulk_create(
        CountChange(project=number % 20, quarter=1_967_000 + number // 20, status="New", number=1)
        for number in range(20_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tasks_countchange")
    plan = explained(*statement(some_days().days(), 1))
    assert "Seq Scan on tasks_countchange" not in plan, plan
    assert "SCAN moved" not in plan, plan
