"""Every list is answered from an index: the plans that the databases make for them.

A plan that sorts, or reads the table from end to end, would cost more with every task there is.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from djirgo import statements
from djirgo.accounts.models import User
from djirgo.rest.pages import Ordering
from djirgo.tasks.api.views import TaskViewSet
from djirgo.tasks.models import Comment, Label, Priority, Status, Task, Watch
from djirgo.tasks.models.project import GENERAL
from djirgo.tasks.models.queryset import TaskQuerySet
from djirgo.web.board.columns import BY_STATUS
from tests.tasks.conftest import NOON

NUMBER = 20_000
#: Few, but so many that no database would rather sort them, also where its tables are still large from other tests.
RARE = 2_000
Narrowing = Callable[[TaskQuerySet], TaskQuerySet]

LISTS: dict[str, tuple[Narrowing, str]] = {
    **{f"all by {ordering.name}": ((lambda tasks: tasks), ordering.name) for ordering in TaskViewSet.orderings},
    "in a rare status": (lambda tasks: tasks.filter(status="New"), "-id"),
    "in a rare status, oldest first": (lambda tasks: tasks.filter(status="New"), "id"),
    "in a status that none has": (lambda tasks: tasks.filter(status="Failed"), "-id"),
    "ready": (lambda tasks: tasks.ready(), "-id"),
    "of an owner": (lambda tasks: tasks.filter(owner=someone()), "-id"),
    "of a performer": (lambda tasks: tasks.filter(performer=someone()), "-id"),
    "of nobody": (lambda tasks: tasks.filter(performer=None), "id"),
    "with a label": (lambda tasks: tasks.labelled("ocr"), "-id"),
    "with a label that none has": (lambda tasks: tasks.labelled("none"), "-id"),
    "urgent": (lambda tasks: tasks.filter(priority=Priority.URGENT), "-id"),
    "due before": (lambda tasks: tasks.due_before(NOON), "due_at"),
    "due after": (lambda tasks: tasks.due_after(NOON), "due_at"),
    "of a project": (lambda tasks: tasks.filter(project=GENERAL), "-id"),
    "in a rare status of a project": (lambda tasks: tasks.filter(project=GENERAL, status="New"), "-id"),
    "updated since": (lambda tasks: tasks.filter(updated_at__gte=NOON), "updated_at"),
    "watched as an owner": (lambda tasks: tasks.watched_by(somebody())[0], "-id"),
    "watched as a performer": (lambda tasks: tasks.watched_by(somebody())[1], "-id"),
    "watched for another reason": (lambda tasks: tasks.watched_by(somebody())[2], "-id"),
}


@pytest.fixture(scope="module")
def many_tasks(django_db_setup: None, django_db_blocker: object) -> object:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        owners = User.objects.bulk_create(User(username=f"owner{number}") for number in range(200))
        tasks = Task.objects.bulk_create(
            Task(
                text=f"Task {number}",
                owner=owners[number % 200],
                status="New" if number > NUMBER - RARE else "Completed",
                performer=None if number > NUMBER - RARE else owners[number % 199],
                priority=number % 4,
                due_at=NOON + timedelta(minutes=number - NUMBER) if number % 3 else None,
                created_at=NOON,
                updated_at=NOON + timedelta(minutes=number - NUMBER),
                completed_at=None if number > NUMBER - RARE else NOON + timedelta(minutes=number - NUMBER),
            )
            for number in range(NUMBER)
        )
        Label.objects.bulk_create(
            Label(task=task, name="ocr", **task.place_in_queue) for task in tasks if task.pk % 10 == 0
        )
        Watch.objects.bulk_create(
            Watch(task=task, user=owners[task.pk // 4 % 50], is_watching=task.pk % 28 != 0)
            for task in tasks
            if task.pk % 4 == 0
        )
        Comment.objects.bulk_create(
            Comment(task=tasks[number % 400], author=owners[number % 200], text=f"No. {number}", created_at=NOON)
            for number in range(NUMBER)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        yield tasks
        Comment.objects.all().delete()
        Watch.objects.all().delete()
        Label.objects.all().delete()
        Task.objects.all().delete()
        User.objects.all().delete()
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:  # which would plan by what was counted here for ever
                cursor.execute("DELETE FROM sqlite_stat1")
                cursor.execute("ANALYZE sqlite_schema")


def someone() -> int:
    """The id of one owner of many; the API looks it up before it asks for the tasks."""
    return int(User.objects.values_list("id", flat=True).get(username="owner7"))


def somebody() -> User:
    return User.objects.get(username="owner7")


def plan(tasks: TaskQuerySet, name: str) -> str:
    ordering = next(o for o in TaskViewSet.orderings if o.name == name)
    return tasks.order_by(*Ordering.columns(ordering))[:51].explain()


@pytest.mark.parametrize("name", LISTS)
def test_the_plan_of_every_list_is_a_walk_over_an_index(name: str, many_tasks: object, db: None) -> None:
    narrow, ordering = LISTS[name]
    explained = plan(narrow(Task.objects.all()), ordering)
    if name in ("all by id", "all by -id"):
        explained = explained.replace("SCAN tasks_task", "")  # SQLite keeps the table itself in the order of the ids
    assert not re.search(r"Seq Scan on tasks|Sort|SCAN tasks_task(?! USING)|TEMP B-TREE", explained), explained


@pytest.mark.parametrize("query", ["task_status=Completed", "owner=me", "performer=me", "priority=low", "project=1"])
@pytest.mark.parametrize("ordering", ["-id", "id"])
def test_a_common_list_passes_no_task_that_is_not_in_it(
    query: str,
    ordering: str,
    many_tasks: object,
    client_of: Callable[[User], APIClient],
    db: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Most tasks are in most of them, so that a walk over all ids would look cheap."""
    asked: list[tuple[str, Any]] = []
    fetch = statements.fetch
    monkeypatch.setattr(statements, "fetch", lambda *said, **how: asked.append(said) or fetch(*said, **how))
    first = client_of(somebody()).get(f"/api/tasks/?{query}&ordering={ordering}").json()
    client_of(somebody()).get(first["next"])
    pages = [explained(*said) for said in asked if "LIMIT 51" in said[0]]
    assert len(pages) == 2
    for page in pages:
        assert not re.search(r"tasks_task_pkey|Seq Scan on tasks|SCAN tasks_task(?! USING)|TEMP B-TREE", page), page


def test_what_is_old_enough_to_go_is_found_without_what_is_not_finished(many_tasks: object, db: None) -> None:
    old = Task.objects.finished_before(NOON).order_by("updated_at").values("pk")[:100].explain()
    assert "task_finished" in old, old


def explained(sql: str, values: list[Any]) -> str:
    """The plan for any values, as PostgreSQL makes it for what it keeps prepared."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
        else:
            numbers = count(1)
            prepared = re.sub("%s", lambda _: f"${next(numbers)}", sql)
            types = ", ".join("bigint" if isinstance(value, int) else "text" for value in values)
            cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
            cursor.execute(f"PREPARE a_list({types}) AS {prepared}")
            cursor.execute(f"EXPLAIN EXECUTE a_list({', '.join(['%s'] * len(values))})", values)
            found = cursor.fetchall()
            cursor.execute("DEALLOCATE a_list")
            return "\n".join(row[0] for row in found)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


@pytest.mark.parametrize("status", Status.values)
@pytest.mark.parametrize("after", [False, True])
def test_the_plan_of_every_column_of_the_board_is_a_walk_over_an_index(
    status: str, after: bool, many_tasks: object, db: None
) -> None:
    order = BY_STATUS[status].order
    # In the middle of the order, so that there is something on both sides.
    place = order.word(Task.objects.filter(priority=Priority.HIGH).order_by("id").rows()[NUMBER // 8]) if after else ""
    for walk in order.walks(Task.objects.filter(project=GENERAL, status=status), place):
        explained = walk.values_list("pk")[:31].explain()
        assert not re.search(r"Seq Scan on tasks|Sort|SCAN tasks_task(?! USING)|TEMP B-TREE", explained), explained


@pytest.mark.parametrize("query", ["19999", "task", "nothing"])
def test_the_plan_of_a_search_uses_the_full_text_index_or_the_order(query: str, many_tasks: object, db: None) -> None:
    explained = plan(Task.objects.matching(query), "-id")
    assert not re.search(r"Seq Scan on tasks", explained), explained


def test_the_comments_of_a_task_are_found_by_their_index(many_tasks: list[Task], db: None) -> None:
    explained = Comment.objects.filter(task=many_tasks[7]).order_by("id")[:51].explain()
    assert "comment_task" in explained, explained
