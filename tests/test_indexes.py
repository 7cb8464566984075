"""An index of a table that is in use is made while others write into it."""

from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations.state import ProjectState

from djirgo.indexes import AddIndexMeanwhile

pytestmark = pytest.mark.django_db(transaction=True)
ADDED = AddIndexMeanwhile("task", models.Index(fields=["attempts"], name="tried"))


@pytest.fixture(scope="module")
def before() -> ProjectState:
    return ProjectState.from_apps(apps)


@pytest.fixture
def after(before: ProjectState) -> ProjectState:
    state = before.clone()
    ADDED.state_forwards("tasks", state)
    return state


def carry_out(way: Any, start: ProjectState, end: ProjectState, **how: Any) -> Any:
    with connection.schema_editor(atomic=False, **how) as editor:
        way("tasks", editor, start, end)
    return editor


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        return {name for name, said in connection.introspection.get_constraints(cursor, "tasks_task").items()
                if said["index"]}  # fmt: skip


def test_it_is_made_and_taken_away(before: ProjectState, after: ProjectState) -> None:
    carry_out(ADDED.database_forwards, before, after)
    assert "tried" in indexes()
    carry_out(ADDED.database_backwards, after, before)
    assert "tried" not in indexes()


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite makes it in one go, for one writes at a time")
def test_nobody_is_kept_from_writing(before: ProjectState, after: ProjectState) -> None:
    said = carry_out(ADDED.database_forwards, before, after, collect_sql=True).collected_sql
    assert [words.startswith("CREATE INDEX CONCURRENTLY") for words in said] == [False, True]


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite makes an index whole or not at all")
def test_what_an_attempt_that_was_interrupted_left_behind_is_replaced(
    before: ProjectState, after: ProjectState
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX tried ON tasks_task (id)")
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'tried'::regclass")
    carry_out(ADDED.database_forwards, before, after)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indisvalid, pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid = 'tried'::regclass"
        )
        ((is_valid, says),) = cursor.fetchall()
    assert (is_valid, "(attempts)" in says) == (True, True)
    carry_out(ADDED.database_backwards, after, before)
