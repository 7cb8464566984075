"""A report reads of the ledger what lies in its period, by an index, and not the rest: the plans for it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from djirgo.accounts.models import User
from djirgo.reports import flow, worked
from djirgo.reports.period import Period
from djirgo.reports.sight import Sight
from djirgo.reports.worked import GROUPS, Question
from djirgo.tasks.models import Project, Task, WorkInterval
from djirgo.tasks.models.project import GENERAL
from djirgo.tasks.models.span import Span, since_epoch
from djirgo.tasks.models.work import REACHES
from tests.tasks.conftest import NOON

NUMBER = 20_000
PERIODS = {"a day": timedelta(days=1), "a month": timedelta(days=30), "nearly everything": timedelta(days=364)}


@pytest.fixture(scope="module")
def long_ledger(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    """A year of work, an interval on every task."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        users = User.objects.bulk_create(User(username=f"worker{number}") for number in range(50))
        others = Project.objects.bulk_create(
            Project(name=f"Project {number}", is_open=number % 2 == 0, own_tasks_only=number % 3 == 0, created_at=NOON)
            for number in range(20)
        )
        projects = [Project.objects.get(pk=GENERAL), *others]
        step = timedelta(days=365) / NUMBER
        tasks = Task.objects.bulk_create(
            Task(
                text=f"Task {number}",
                owner=users[number % 50],
                performer=users[number % 50],
                status="Completed" if number % 2 else "New",
                project=projects[number % 21],
                created_at=NOON,
                updated_at=NOON,
                started_at=NOON,
                completed_at=NOON + number * step,
            )
            for number in range(NUMBER)
        )
        WorkInterval.objects.bulk_create(
            WorkInterval(
                task=task,
                project=task.project,
                performer=users[number % 50],
                started_at=NOON + number * step,
                ended_at=NOON + number * step + timedelta(hours=100 if number % 100 == 0 else 1),
            )
            for number, task in enumerate(tasks)
        )
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        yield
        WorkInterval.objects.all().delete()
        Task.objects.all().delete()
        Project.objects.exclude(pk=GENERAL).delete()
        User.objects.all().delete()


def period(length: timedelta) -> Period:
    middle = datetime(2026, 9, 1, tzinfo=UTC)
    return Period(middle - length / 2, middle + length / 2, ZoneInfo("Europe/Berlin"))


def explained(statement: str, said: list[object]) -> str:
    how = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{how} {statement}", said)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def plan(question: Question) -> str:
    parts = question.period.days() if "day" in question.group_by else question.period.whole()
    return explained(*worked.statement(question, parts, list(worked._ways(question)), now=NOON))


def reads_everything(table: str, plan: str) -> bool:
    return bool(re.search(rf"Seq Scan on {table}|SCAN {table}|SCAN (work|task)\b", plan))


@pytest.mark.parametrize("length", PERIODS)
@pytest.mark.parametrize("group_by", [*GROUPS, "day,performer,label,project"])
@pytest.mark.parametrize("who", ["a member", "the staff"])
def test_time_is_read_from_an_index_of_the_ledger(
    who: str, group_by: str, length: str, long_ledger: None, db: None
) -> None:
    user = User.objects.get(username="worker7")
    user.is_staff = who == "the staff"
    its = plan(Question(user, period(PERIODS[length]), group_by.split(",")))
    assert not reads_everything("tasks_workinterval", its), its
    assert re.search(r"Index Only Scan using work_in_project|SEARCH work USING INDEX work_in_project", its), its


@pytest.mark.parametrize("length", PERIODS)
@pytest.mark.parametrize("who", ["a member", "the staff"])
def test_somebodys_time_is_found_by_them(who: str, length: str, long_ledger: None, db: None) -> None:
    user = User.objects.get(username="worker7")
    user.is_staff = who == "the staff"
    its = plan(Question(user, period(PERIODS[length]), ["project"], performer=user.pk))
    assert not reads_everything("tasks_workinterval", its), its
    assert re.search(r"Index Only Scan using work_by_performer|SEARCH work USING INDEX work_by_performer", its), its
    assert "work_in_project" not in its


@pytest.mark.parametrize("length", PERIODS)
@pytest.mark.parametrize("who", ["a member", "the staff"])
def test_the_flow_is_read_from_the_index_of_what_is_completed(
    who: str, length: str, long_ledger: None, db: None
) -> None:
    user = User.objects.get(username="worker7")
    user.is_staff = who == "the staff"
    its = explained(*flow.statement(period(PERIODS[length]).days(), list(flow._ways(Sight.of(user), user))))
    assert not reads_everything("tasks_task", its), its
    assert re.search("task_flow|task_board_completed", its), its


def test_the_index_leads_to_little_more_than_what_lies_in_the_period(long_ledger: None, db: None) -> None:
    day = period(PERIODS["a day"])
    reached = [
        WorkInterval.objects.filter(
            reach=kind, begins__gt=since_epoch(day.starts) - longest, begins__lt=since_epoch(day.ends)
        )
        for kind, longest in enumerate(REACHES)
    ]
    within = WorkInterval.objects.within(Span(day.starts, day.ends)).count()
    assert within < sum(intervals.count() for intervals in reached) < 3 * within < NUMBER / 50


def test_the_intervals_of_a_task_are_a_walk_over_an_index(long_ledger: None, db: None) -> None:
    task = Task.objects.all()[0]
    its = task.intervals.order_by("started_at", "id")[:51].explain()
    assert not re.search(r"Seq Scan|Sort|SCAN tasks_workinterval|TEMP B-TREE", its), its
