"""What retention deletes is swept out of the indexes of large tables before it is much."""

from django.db import migrations

# Whoever reads from the oldest row on walks over all that was deleted before it. By default that may be a fifth.
EARLY = "ALTER TABLE %s SET (autovacuum_vacuum_scale_factor = 0.02)"
AS_USUAL = "ALTER TABLE %s RESET (autovacuum_vacuum_scale_factor)"
TABLES = ("events_event", "events_receipt")


def sweep_early(apps, schema_editor):
    _on_postgresql(schema_editor, EARLY)


def sweep_as_usual(apps, schema_editor):
    _on_postgresql(schema_editor, AS_USUAL)


def _on_postgresql(schema_editor, statement):
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(statement % table)


class Migration(migrations.Migration):
    dependencies = [("events", "0003_scope")]

    operations = [migrations.RunPython(sweep_early, sweep_as_usual)]
