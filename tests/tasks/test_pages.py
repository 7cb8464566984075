"""Walking a list: nothing is skipped, nothing comes twice, whatever is written meanwhile."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.tasks.api.views import TaskViewSet
from djirgo.tasks.models import Priority, Task
from tests.tasks.conftest import NOON

ORDERINGS = [ordering.name for ordering in TaskViewSet.orderings]


@pytest.fixture
def stock(ann: User) -> list[Task]:
    """Twenty tasks with many ties in every order."""
    return [
        Task.create(
            by=ann,
            at=NOON + timedelta(seconds=number // 3),
            text=f"Task {number}",
            priority=Priority(number % 4),
            due_at=None if number % 2 else NOON + timedelta(days=number % 5),
        )
        for number in range(20)
    ]


def walk(client: APIClient, address: str, link: str = "next") -> Iterator[list[dict[str, Any]]]:
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, answer.content
        yield answer.json()["results"]
        address = answer.json()[link]


@pytest.mark.parametrize("ordering", ORDERINGS)
@pytest.mark.parametrize("size", [1, 3, 20])
def test_every_order_is_walked_from_end_to_end_and_back(
    ordering: str, size: int, stock: list[Task], anns: APIClient
) -> None:
    pages = list(walk(anns, f"/api/tasks/?ordering={ordering}&page_size={size}"))
    forward = [task["id"] for page in pages for task in page]
    assert sorted(forward) == [task.pk for task in stock]
    opposite = ordering[1:] if ordering.startswith("-") else f"-{ordering}"
    backward = [task["id"] for page in walk(anns, f"/api/tasks/?ordering={opposite}&page_size={size}") for task in page]
    assert backward == forward[::-1]


def test_a_history_is_walked_page_by_page_too(anns: APIClient, ann: User) -> None:
    task = Task.create(by=ann, at=NOON, text="Eventful")
    for number in range(4):
        task.edit(by=ann, at=NOON, text=f"Text {number}")
    pages = list(walk(anns, f"/api/tasks/{task.pk}/history/?page_size=2"))
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [event["data"]["task"]["version"] for page in pages for event in page] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_previous_leads_back_the_way_one_came(ordering: str, stock: list[Task], anns: APIClient) -> None:
    first = anns.get(f"/api/tasks/?ordering={ordering}&page_size=7").json()
    second = anns.get(first["next"]).json()
    third = anns.get(second["next"]).json()
    assert third["next"] is None
    assert anns.get(third["previous"]).json()["results"] == second["results"]
    back = anns.get(second["previous"]).json()
    assert back["results"] == first["results"]
    assert back["previous"] is None


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_tasks_that_were_there_all_along_come_once_while_others_come_and_go(
    ordering: str, stock: list[Task], anns: APIClient, ann: User
) -> None:
    seen: list[int] = []
    for page in walk(anns, f"/api/tasks/?ordering={ordering}&page_size=4"):
        seen += [task["id"] for task in page]
        Task.create(by=ann, at=NOON, text="Newcomer")
        if doomed := Task.objects.filter(text__in=["Task 3", "Task 11", "Task 19"]).first():
            doomed.delete_for_good(by=ann, at=NOON)
    stayed = set(Task.objects.filter(text__startswith="Task").values_list("id", flat=True))
    assert stayed <= set(seen)
    assert len(seen) == len(set(seen))


def test_a_filter_goes_with_the_links(stock: list[Task], anns: APIClient) -> None:
    pages = list(walk(anns, "/api/tasks/?priority=high&page_size=2"))
    assert [len(page) for page in pages] == [2, 2, 1]
    assert {task["priority"] for page in pages for task in page} == {"high"}


def test_a_cursor_of_another_order_is_refused(stock: list[Task], anns: APIClient) -> None:
    link = anns.get("/api/tasks/?page_size=2&ordering=due_at").json()["next"]
    answer = anns.get(link.replace("ordering=due_at", "ordering=priority"))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "cursor")


def test_an_empty_list_has_no_links(anns: APIClient) -> None:
    assert anns.get("/api/tasks/").json() == {"next": None, "previous": None, "results": []}
