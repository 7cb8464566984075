"""Every label learns its task's place in the queue; the tables that the queue lives on are kept tidy."""

from importlib import import_module

from django.db import migrations
from django.db.models import BooleanField, Case, OuterRef, Subquery, Value, When

search = import_module("djirgo.tasks.migrations.0002_search")

# A claim walks over what was claimed before it until the dead entries are swept out of the index.
TIDY = "ALTER TABLE %s SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500)"
AS_USUAL = "ALTER TABLE %s RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)"
HOT = ("tasks_task", "tasks_label")


def place_labels(apps, schema_editor):
    label, task = apps.get_model("tasks", "Label"), apps.get_model("tasks", "Task")
    its_task = task.objects.filter(pk=OuterRef("task"))
    waits = Case(
        When(status="New", performer=None, then=Value(True)), default=Value(False), output_field=BooleanField()
    )
    label.objects.update(
        priority=Subquery(its_task.values("priority")),
        due_order=Subquery(its_task.values("due_order")),
        is_waiting=Subquery(its_task.annotate(waits=waits).values("waits")),
    )


def restore_search(apps, schema_editor):
    """SQLite has built the table of tasks anew, and with the old one went the triggers that keep the search."""
    if schema_editor.connection.vendor == "sqlite":
        for statement in search.SQLITE[2:]:
            schema_editor.execute(statement)


def tidy(apps, schema_editor):
    _on_postgresql(schema_editor, TIDY)


def as_usual(apps, schema_editor):
    _on_postgresql(schema_editor, AS_USUAL)


def _on_postgresql(schema_editor, statement):
    if schema_editor.connection.vendor == "postgresql":
        for table in HOT:
            schema_editor.execute(statement % table)


class Migration(migrations.Migration):
    dependencies = [("tasks", "0003_projects_and_leases")]

    operations = [
        migrations.RunPython(restore_search, migrations.RunPython.noop),
        migrations.RunPython(tidy, as_usual),
        migrations.RunPython(place_labels, migrations.RunPython.noop),
    ]
