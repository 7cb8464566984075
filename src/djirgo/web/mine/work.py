"""What somebody has to do, what they have done today, and where they can be given work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from djirgo.accounts.models import User
from djirgo.reports.period import Period, midnight
from djirgo.reports.worked import Question, worked
from djirgo.tasks.models import Membership, Project, Status, Task, Verb
from djirgo.tasks.models.queryset import TaskQuerySet
from djirgo.web.cards import Card, card
from djirgo.web.reports.bars import Bar, bars
from djirgo.web.reports.plot import Plot, columns, hours

#: More than that are on the boards.
MOST = 50
MOST_PROJECTS = 50
#: The days that are shown, today being the last.
DAYS = 7


@dataclass(frozen=True)
class Day:
    """How long somebody has worked today, and on the days before it."""

    seconds: int
    by_project: Sequence[Bar]
    week: Plot


@dataclass(frozen=True)
class Place:
    """A project that somebody takes part in, and what waits there for them."""

    membership: Membership
    waiting: int

    @property
    def project(self) -> Project:
        return self.membership.project


def my_work(user: User, *, now: datetime) -> Mapping[str, Any]:
    held = lines(Task.objects.filter(performer=user, status=Status.IN_PROGRESS), user, now=now)
    running, paused = [line for line in held if line["is_running"]], [line for line in held if not line["is_running"]]
    waiting = lines(Task.objects.waiting_for(user), user, now=now)
    return {
        "held": running + paused,
        "waiting": waiting,
        "most": MOST,
        "day": my_day(user, now=now),
        "places": places(user),
    }


def lines(tasks: TaskQuerySet, user: User, *, now: datetime) -> Sequence[Card]:
    """The most urgent of them, with the names of their projects and the verbs that are at hand."""
    cards = [card(row, now=now) for row in tasks.visible_to(user).most_urgent_first().rows()[:MOST]]
    names = dict(Project.objects.filter(pk__in={card["project"] for card in cards}).values_list("pk", "name"))
    return [line | {"project_name": names[line["project"]], "verbs": verbs_at_hand(line)} for line in cards]


def verbs_at_hand(line: Card) -> Sequence[Verb]:
    """What its performer can do with one click. A lease is held by a program, or by the page of the task."""
    if line["lease"]:
        return ()
    if line["task_status"] == Status.NEW:
        return () if line["is_blocked"] else (Verb.START,)
    return (Verb.PAUSE, Verb.COMPLETE) if line["is_running"] else (Verb.RESUME, Verb.COMPLETE)


def my_day(user: User, *, now: datetime) -> Day:
    zone: ZoneInfo = timezone.get_current_timezone()
    today = timezone.localdate(now)
    ends = midnight(today + timedelta(days=1), zone)
    week = Period(midnight(today - timedelta(days=DAYS - 1), zone), ends, zone)
    by_day = worked(Question(user, week, ["day"], performer=user.pk), now=now)
    by_project = worked(
        Question(user, Period(midnight(today, zone), ends, zone), ["project"], performer=user.pk), now=now
    )
    return Day(
        seconds=by_project.total.microseconds // 1_000_000,
        by_project=bars(by_project, name=1),
        week=columns(hours(week, by_day)),
    )


def places(user: User) -> Sequence[Place]:
    memberships = Membership.objects.taking_part().filter(user=user).select_related("project").order_by("project")
    found = list(memberships[:MOST_PROJECTS])
    given = Task.objects.waiting_for(user).filter(project__in=[membership.project_id for membership in found])
    waiting = list(given.values_list("project", flat=True)[: MOST * MOST_PROJECTS])
    return [Place(membership, waiting.count(membership.project_id)) for membership in found]
