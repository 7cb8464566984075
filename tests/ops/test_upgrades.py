"""A new version's migrations run while the old version still answers: they add, and take away nothing that it uses."""

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from djirgo.indexes import AddIndexMeanwhile

pytestmark = pytest.mark.once
#: Those that the first version begins with. Whatever comes later is held to the rule.
FIRST = {
    "accounts": "0002_api_tokens",
    "events": "0004_swept_early",
    "intake": "0001_initial",
    "rest": "0001_initial",
    "tasks": "0009_count_changes",
}
#: Migrations that take away what no version asks for any more that somebody may come from.
WAITED_FOR: frozenset[tuple[str, str]] = frozenset()
TAKES_AWAY = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.DeleteModel,
    migrations.RenameModel,
    migrations.AlterModelTable,
)


def stops_the_old_version(operation: Operation) -> bool:
    if isinstance(operation, TAKES_AWAY):
        return True
    if isinstance(operation, migrations.AddIndex):  # which keeps others from writing as long as it takes
        return not isinstance(operation, AddIndexMeanwhile)
    if isinstance(operation, migrations.AddField | migrations.AlterField):  # the old version does not fill it in
        return not (operation.field.null or operation.field.has_db_default() or operation.field.many_to_many)
    return False


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("task", "priority"),
        migrations.RenameField("task", "text", "title"),
        migrations.DeleteModel("Task"),
        migrations.AddField("task", "colour", models.CharField(default="red", max_length=20)),
        migrations.AlterField("task", "due_at", models.DateTimeField()),
        migrations.AddIndex("task", models.Index(fields=["due_at"], name="due")),
    ],
)
def test_what_would_stop_the_old_version_is_seen(operation: Operation) -> None:
    assert stops_the_old_version(operation)


@pytest.mark.parametrize(
    "operation",
    [
        migrations.CreateModel("Flag", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("task", "colour", models.CharField(max_length=20, null=True)),
        migrations.AddField("task", "colour", models.CharField(db_default="red", max_length=20)),
        AddIndexMeanwhile("task", models.Index(fields=["due_at"], name="due")),
    ],
)
def test_what_only_adds_is_fine(operation: Operation) -> None:
    assert not stops_the_old_version(operation)


def test_no_migration_since_the_first_version_stops_the_one_before() -> None:
    all_of_them = MigrationLoader(None).disk_migrations
    assert all_of_them.keys() >= set(FIRST.items())
    since = {
        key: migration
        for key, migration in all_of_them.items()
        if key[0] in FIRST and key[1] > FIRST[key[0]] and key not in WAITED_FOR
    }
    faults = {key: [o for o in migration.operations if stops_the_old_version(o)] for key, migration in since.items()}
    assert {key: found for key, found in faults.items() if found} == {}
