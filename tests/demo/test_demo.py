"""`djirgo demo`: a believable month on an installation that nobody uses yet."""

import re
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Q
from django.utils import timezone

from djirgo.accounts.models import User
from djirgo.demo.cast import AWAY, BOT, PEOPLE, SHOP
from djirgo.demo.fill import NotEmpty, fill
from djirgo.demo.keep_working import NobodyThere, find, keep_working
from djirgo.demo.team import Team
from djirgo.events.models import Event
from djirgo.tasks.models import Attempt, Comment, Project, Status, Task, WorkInterval

NOW = datetime(2026, 3, 12, 14, 0, tzinfo=UTC)


#: Enough of it, where it is not about the month.
FEW = 2


@pytest.fixture
def team(db: None) -> Team:
    return fill(now=NOW, days=FEW)


def test_a_month_of_work_is_there_and_nothing_of_it_is_in_the_future(db: None) -> None:
    fill(now=NOW)
    by_status = dict(Task.objects.values_list("status").annotate(Count("pk")))
    assert by_status[Status.COMPLETED] > 100
    assert all(by_status.get(status) for status in (Status.NEW, Status.IN_PROGRESS, Status.FAILED))
    assert Event.objects.filter(time__gt=NOW).count() == 0
    assert Event.objects.earliest("time").time < NOW - timedelta(days=29)
    for something in (
        Comment.objects.all(),
        Attempt.objects.filter(is_expiry=True),
        Attempt.objects.filter(is_expiry=False),
        Task.objects.filter(due_at__isnull=False),
        Task.objects.exclude(blocked_by=[]),
        Event.objects.filter(data__assignment__rule="least_loaded"),
    ):
        assert something.exists()
    somebody_is_at_work_and_nobody_on_two_tasks_at_once()


def somebody_is_at_work_and_nobody_on_two_tasks_at_once() -> None:
    running = WorkInterval.objects.filter(ended_at=None).values_list("performer__username", flat=True)
    assert len(running) >= 2
    for person in PEOPLE:
        ends = None
        for interval in WorkInterval.objects.filter(performer__username=person.name).order_by("started_at"):
            assert ends is None or interval.started_at >= ends
            ends = interval.ended_at or NOW
    assert not WorkInterval.objects.filter(Q(ended_at__lt=F("started_at")) | Q(started_at__gt=NOW)).exists()


def test_one_of_them_is_away_and_there_is_a_bot(team: Team) -> None:
    assert not team.shop.member(team.users[AWAY]).available
    assert (team.bot.is_bot, team.bot.responsible) == (True, team.founder)
    assert team.bot.intervals.exists()


@pytest.mark.once
def test_one_logs_in_with_a_password_that_is_said_once(db: None) -> None:
    told = StringIO()
    call_command("demo", stdout=told)
    password = re.search(r"password (\S+)", told.getvalue())
    assert password
    assert User.objects.get(username=PEOPLE[0].name).check_password(password[1])
    assert f"/projects/{Project.objects.get(name=SHOP).pk}/ as {PEOPLE[0].name}" in told.getvalue()
    with pytest.raises(CommandError, match="tasks here already"):
        call_command("demo")


def test_an_installation_that_is_in_use_is_left_alone_unless_one_says_so(db: None) -> None:
    ann = User.objects.create_user("ann")
    mine = Task.create(text="mine", by=ann, at=timezone.now())
    with pytest.raises(NotEmpty):
        fill(now=NOW)
    assert (User.objects.count(), Project.objects.count()) == (1, 1)
    fill(now=NOW, days=FEW, beside_others=True)
    mine.refresh_from_db()
    assert (mine.version, Task.objects.count() > 20) == (1, True)


def test_people_of_these_names_keep_them(db: None) -> None:
    User.objects.create_user(PEOPLE[0].name.upper())
    with pytest.raises(CommandError, match="maria"):
        call_command("demo")
    assert User.objects.count() == 1


def test_the_bot_keeps_working_until_it_is_told_to_stop(team: Team) -> None:
    bot, project = find()
    before = project.tasks.filter(performer=bot, status=Status.COMPLETED).count()
    told: list[str] = []
    keep_working(bot, project, wait=lambda _seconds: len(told) >= 3, tell=told.append, now=timezone.now)
    assert len(told) == 3
    assert project.tasks.filter(performer=bot, status=Status.COMPLETED).count() == before + 3
    assert not project.tasks.filter(performer=bot, status=Status.IN_PROGRESS).exists()


def test_where_there_is_no_demonstration_no_bot_works(db: None) -> None:
    User.objects.create_user(BOT.name)
    with pytest.raises(NobodyThere):
        find()
