"""What is asked all the time is compiled once, and answers as the query that it was compiled from."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.tasks import asked
from djirgo.tasks.api.filters import common_list
from djirgo.tasks.models import Membership, Priority, Project, Role, Status, Task
from djirgo.tasks.representation import represent
from tests.tasks.conftest import NOON

pytestmark = pytest.mark.django_db
NUMBER = 120


@pytest.fixture
def people(db: None) -> list[User]:
    staff = User.objects.create_user("staff", is_staff=True)
    return [staff, *(User.objects.create_user(f"user{number}") for number in range(6))]


@pytest.fixture
def tasks(people: list[User]) -> list[Task]:
    """In projects of every kind, with people of every role."""
    dice = random.Random(4)  # noqa: S311
    projects = list(Project.objects.all())
    for number in range(7):
        kind = {"is_open": number % 3 == 0, "own_tasks_only": number % 2 == 0}
        projects.append(Project.objects.create(name=f"Project {number}", created_at=NOON, **kind))
    for project in projects:
        for user in dice.sample(people, 3):
            Membership.objects.create(project=project, user=user, role=dice.choice(list(Role)), joined_at=NOON)
    return [_task(number, dice, people, projects) for number in range(NUMBER)]


def _task(number: int, dice: random.Random, people: list[User], projects: list[Project]) -> Task:
    at = NOON + timedelta(microseconds=dice.choice([0, 1, 500_000, 3_600_000_000]) * number)
    return Task.objects.create(
        text=f"100 % of “{number}” isn't %s", project=dice.choice(projects), owner=dice.choice(people),
        performer=dice.choice([None, *people]), status=dice.choice([Status.NEW, Status.COMPLETED]),
        priority=dice.choice(list(Priority)), labels=dice.sample(["ocr", "it's"], dice.randrange(3)),
        due_at=dice.choice([None, at]), created_at=at, updated_at=at, blocked_by=[], is_blocked=dice.random() < 0.3,
    )  # fmt: skip


def test_a_task_is_shown_to_exactly_those_who_may_see_it(people: list[User], tasks: list[Task]) -> None:
    for user in people:
        seen = {row[0]: represent(row, now=NOON) for row in Task.objects.visible_to(user).rows()}
        shown = {task.pk: asked.row(user, task.pk) for task in tasks}
        assert {pk: represent(row, now=NOON) for pk, row in shown.items() if row} == seen
        assert 0 < len(seen) <= NUMBER


def test_a_task_that_is_asked_for_is_whole(people: list[User], tasks: list[Task]) -> None:
    for user in people:
        for known in Task.objects.visible_to(user):
            found = asked.task(user, known.pk)
            assert found is not None
            assert _values(found) == _values(known)
        assert asked.task(user, 10**9) is None


@pytest.mark.parametrize(
    "query",
    [
        "", "task_status=New", "task_status=Failed", "performer=me", "owner=me&task_status=Completed", "priority=low",
        "project=1", "project=999", "ordering=priority", "ordering=-updated_at&task_status=New", "ordering=due_at",
    ],
)  # fmt: skip
def test_a_common_list_is_the_same_page_for_page_as_any_other(
    query: str, people: list[User], tasks: list[Task], client_of: Callable[[User], APIClient], monkeypatch: Any
) -> None:
    address = f"/api/tasks/?page_size=7&{query}"
    for user in people:
        assert common_list(QueryDict(query), user) is not None
        quick = _walk(client_of(user), address)
        with monkeypatch.context() as patch:
            patch.setattr("djirgo.tasks.api.views.common_list", lambda said, asking: None)
            assert quick == _walk(client_of(user), address)


@pytest.mark.parametrize(
    "query",
    ["task_status=new", "task_status=", "project=0", "project=٣", "project=1e3", "priority=5", "owner=ann", "search=a"],
)
def test_what_is_not_common_is_left_to_the_filters(query: str, people: list[User]) -> None:
    assert common_list(QueryDict(query), people[0]) is None


@pytest.mark.parametrize("query", ["project=999", "project=999&task_status=New"])
def test_whoever_sees_one_project_and_asks_for_another_is_shown_nothing(
    query: str, people: list[User], tasks: list[Task], client_of: Callable[[User], APIClient]
) -> None:
    Project.objects.exclude(pk=1).update(is_open=False)
    Membership.objects.all().delete()
    assert client_of(people[1]).get("/api/tasks/").json()["results"]
    assert client_of(people[1]).get(f"/api/tasks/?{query}").json()["results"] == []


def test_whoever_sees_no_project_sees_no_task(people: list[User], tasks: list[Task]) -> None:
    Project.objects.update(is_open=False)
    Membership.objects.all().delete()
    assert asked.CommonList(people[1], {}).page(asked.Ordering("-id", "id", True), None, False, 51) == []


def test_who_is_let_out_of_a_project_sees_its_tasks_no_more(
    people: list[User], tasks: list[Task], client_of: Callable[[User], APIClient]
) -> None:
    private = Project.objects.create(name="Private", created_at=NOON)
    membership = Membership.objects.create(project=private, user=people[1], role=Role.MEMBER, joined_at=NOON)
    task = Task.objects.create(text="Hush", project=private, owner=people[2], created_at=NOON, updated_at=NOON)
    client, address = client_of(people[1]), f"/api/tasks/{task.pk}/"
    assert client.get(address).status_code == 200
    membership.delete()

    assert client.get(address).status_code == 404
    assert task.pk not in [shown["id"] for shown in client.get("/api/tasks/").json()["results"]]


def _values(task: Task) -> dict[str, Any]:
    return {field.attname: getattr(task, field.attname) for field in Task._meta.concrete_fields}


def _walk(client: APIClient, address: str) -> list[Any]:
    """Every page there is, on to the last and back again."""
    pages = [client.get(address).json()]
    while pages[-1]["next"]:
        pages.append(client.get(pages[-1]["next"]).json())
    while pages[-1]["previous"]:
        pages.append(client.get(pages[-1]["previous"]).json())
    return pages
