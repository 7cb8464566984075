"""Installations that are older than a rule are brought under it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from djirgo.accounts.models import User

BEFORE = [("accounts", "0001_initial")]


def migrate_to(targets: list[Any]) -> Any:
    MigrationExecutor(connection).migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


@pytest.fixture
def older(transactional_db: None) -> Iterator[Any]:
    """The models of an installation that knows no API tokens; the tables are brought up to date in the end."""
    yield migrate_to(BEFORE)
    migrate_to(MigrationExecutor(connection).loader.graph.leaf_nodes())


def test_a_bot_that_nobody_answers_for_becomes_the_person_who_logs_in(older: Any) -> None:
    old = older.get_model("accounts", "User")
    old.objects.create(username="robot", username_folded="robot", password="md5$x$y", is_bot=True)
    old.objects.create(username="ann", username_folded="ann", password="md5$x$y")
    migrate_to(MigrationExecutor(connection).loader.graph.leaf_nodes())

    assert list(User.objects.order_by("username").values_list("username", "is_bot", "responsible", "password")) == [
        ("ann", False, None, "md5$x$y"),
        ("robot", False, None, "md5$x$y"),
    ]
