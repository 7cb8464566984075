"""Many put tasks in, many give them out and many work on them at the same moment, on connections of their own."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.distribution.dispatch import dispatch
from djirgo.events.models import Event
from djirgo.tasks.claim import Wish, claim
from djirgo.tasks.models import Project, Status, Task
from djirgo.tasks.models.door import AlreadyTaken, InvalidTransition
from tests.distribution.conftest import give_out, person
from tests.tasks.test_races import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)
CREATORS, EACH = 50, 3
MEMBERS = ["ann", "bob", "cid", "dan", "eve"]
LIMIT = 4


@pytest.fixture
def project() -> Project:
    boss = person("boss")
    project = Project.create(by=boss, at=timezone.now(), name="Letters", policy="round_robin")
    project.change_member(boss, by=boss, at=timezone.now(), available=False)
    return project


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are more than there are connections, and each keeps its own: on a busy machine the last wait for long."""
    if connection.vendor == "postgresql":
        monkeypatch.setattr(connection.pool, "timeout", 60)  # type: ignore[attr-defined]


def put_in(project: Project) -> None:
    for _ in range(EACH):
        Task.create(by=person("boss"), at=timezone.now(), text="A letter", project=project)


def in_the_background(work: Callable[[], None], stop: threading.Event) -> threading.Thread:
    """Over and over again until the stop."""

    def run() -> None:
        while not stop.is_set():
            work()
        connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def work_on_what_is_given(project: Project, user: User) -> None:
    """Start one, or complete one that is started."""
    for task in project.tasks.held_by(user).order_by("?")[:2]:
        if task.status == Status.NEW:
            task.start(by=user, at=timezone.now())
        else:
            task.complete(by=user, at=timezone.now())


def assigned(project: Project) -> list[str]:
    """Who was given something by the policy, in the order in which it was."""
    events = Event.objects.filter(scope=f"projects/{project.pk}", type="task.assigned").order_by("id")
    return [event.data["task"]["performer"] for event in events if event.data["assignment"]["rule"] == project.policy]


def given_twice(project: Project) -> set[str]:
    """The tasks that were assigned although they were in somebody's hands."""
    events = Event.objects.filter(scope=f"projects/{project.pk}", type="task.assigned")
    return {event.subject for event in events if event.data["changed"]["performer"]["from"] is not None}


def loads_over_time(project: Project) -> Iterator[Counter[str]]:
    """How many open tasks everybody had after every event, in the order in which the project saw them."""
    loads: Counter[str] = Counter()
    for event in Event.objects.filter(scope=f"projects/{project.pk}", type__startswith="task.").order_by("id"):
        performer = event.data["task"]["performer"]
        if event.type == "task.assigned":
            loads[performer] += 1
        elif event.type == "task.completed":
            loads[performer] -= 1
        yield loads


def test_fifty_creators_and_several_who_give_out_are_fair_within_one(project: Project) -> None:
    for name in MEMBERS:
        project.admit(person(name), by=None, at=timezone.now())

    def run(number: int) -> None:
        put_in(project)
        dispatch(Project.objects.get(pk=project.pk), at=timezone.now())

    all_at_once(run, CREATORS)
    give_out(project)
    turns = assigned(project)
    assert len(turns) == CREATORS * EACH == project.tasks.exclude(performer=None).count()
    assert turns == [MEMBERS[number % len(MEMBERS)] for number in range(len(turns))]
    assert given_twice(project) == set()


def test_limits_hold_while_people_start_and_complete(project: Project) -> None:
    project.edit(by=None, at=timezone.now(), policy="least_loaded")
    people = [person(name) for name in MEMBERS]
    for user in people:
        project.admit(user, by=None, at=timezone.now(), wip_limit=LIMIT)
    stop = threading.Event()
    background = [
        *(in_the_background(lambda user=user: work_on_what_is_given(project, user), stop) for user in people),
        *(in_the_background(lambda: give_out(Project.objects.get(pk=project.pk)) and None, stop) for _ in range(2)),
    ]
    try:
        all_at_once(lambda number: put_in(project), CREATORS)
        while project.tasks.exclude(status=Status.COMPLETED).exists():
            assert all(thread.is_alive() for thread in background)
    finally:
        stop.set()
    for thread in background:
        thread.join()
    assert len(assigned(project)) == CREATORS * EACH
    assert given_twice(project) == set()
    assert max(max(loads.values()) for loads in loads_over_time(project) if loads) <= LIMIT
    assert Event.objects.filter(type="task.completed").count() == CREATORS * EACH


def test_what_people_take_for_themselves_meanwhile_is_theirs(project: Project) -> None:
    """They claim, start and are given the same tasks at once: each is in one pair of hands, and nobody is held up."""
    people = [person(name) for name in MEMBERS]
    for user in people:
        project.admit(user, by=None, at=timezone.now())
    put_in(project)
    tasks = [Task.create(by=person("boss"), at=timezone.now(), text="Taken", project=project) for _ in range(60)]

    def run(number: int) -> int:
        user = people[number % len(people)]
        if number % 3 == 0:
            return len(dispatch(Project.objects.get(pk=project.pk), at=timezone.now(), most=10))
        if number % 3 == 1:
            return len(claim(Wish(user, project), at=timezone.now(), limit=5))
        with suppress(AlreadyTaken, InvalidTransition):
            Task.objects.get(pk=tasks[number].pk).start(by=user, at=timezone.now())
        return 0

    all_at_once(run, 30)
    give_out(project)
    assert given_twice(project) == set()
    assert not project.tasks.filter(performer=None).exists()
    started = Counter(Event.objects.filter(type="task.started").values_list("subject", flat=True))
    assert set(started.values()) == {1}


def test_members_who_come_and_go_meanwhile_leave_nothing_behind_and_nobody_in_the_lurch(project: Project) -> None:
    stays, *others = [person(name) for name in MEMBERS]
    project.admit(stays, by=None, at=timezone.now())

    def run(number: int) -> None:
        here = Project.objects.get(pk=project.pk)
        if number < len(others):
            for _ in range(3):
                here.admit(others[number], by=None, at=timezone.now())
                dispatch(here, at=timezone.now())
                here.remove_member(others[number], by=others[number], at=timezone.now())
        else:
            put_in(here)
            dispatch(here, at=timezone.now())

    all_at_once(run, 20)
    give_out(project)
    assert set(project.tasks.values_list("performer__username", flat=True)) == {stays.username}


def test_distributing_over_http_at_the_same_moment_gives_each_task_once(project: Project) -> None:
    for name in MEMBERS:
        project.admit(person(name), by=None, at=timezone.now())
    for _ in range(20):
        put_in(project)

    def run(number: int) -> list[int]:
        client = APIClient(SERVER_NAME="localhost")
        client.force_authenticate(person("boss"))
        answer = client.post(f"/api/projects/{project.pk}/distribute/")
        assert answer.status_code == 200, answer.json()
        return [offer["task"] for offer in answer.json()["given"]]

    given = [task for tasks in all_at_once(run, 8) for task in tasks]
    assert sorted(given) == sorted(project.tasks.values_list("pk", flat=True))
    assert all(first != second for first, second in pairwise(assigned(project)))
