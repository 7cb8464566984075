"""Corrections, and a ledger that reports can be read from: whose project, how far it reaches, in microseconds."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import OuterRef, Subquery

from djirgo.tasks.models.work import Microseconds, reach

# The stretches of one task share no time; one without length has none to share. Ranges of one task's id stand for the
# id itself: an index over both would otherwise need an extension.
POSTGRESQL = """
    ALTER TABLE tasks_workinterval ADD CONSTRAINT the_intervals_of_a_task_share_no_time EXCLUDE USING gist (
        int8range(task_id, task_id, '[]') WITH &&, tstzrange(started_at, ended_at) WITH &&
    )
"""
POSTGRESQL_UNDONE = "ALTER TABLE tasks_workinterval DROP CONSTRAINT the_intervals_of_a_task_share_no_time"

# A migration that builds the table anew on SQLite has to create them again.
TRIGGER = """
    CREATE TRIGGER the_intervals_of_a_task_share_no_time_{name} BEFORE {event} ON tasks_workinterval
    WHEN new.ended_at IS NULL OR new.ended_at > new.started_at BEGIN
        SELECT RAISE(ABORT, 'the_intervals_of_a_task_share_no_time') FROM tasks_workinterval
        WHERE task_id = new.task_id AND id IS NOT new.id
            AND (new.ended_at IS NULL OR started_at < new.ended_at)
            AND (ended_at IS NULL OR (ended_at > new.started_at AND ended_at > started_at));
    END
"""
SQLITE = [
    TRIGGER.format(name="insert", event="INSERT"),
    TRIGGER.format(name="update", event="UPDATE OF task_id, started_at, ended_at"),
]
SQLITE_UNDONE = [
    "DROP TRIGGER the_intervals_of_a_task_share_no_time_update",
    "DROP TRIGGER the_intervals_of_a_task_share_no_time_insert",
]


def share_no_time(apps, schema_editor):
    for statement in {"postgresql": [POSTGRESQL], "sqlite": SQLITE}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def share_time(apps, schema_editor):
    for statement in {"postgresql": [POSTGRESQL_UNDONE], "sqlite": SQLITE_UNDONE}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def place_intervals(apps, schema_editor):
    interval, task = apps.get_model("tasks", "WorkInterval"), apps.get_model("tasks", "Task")
    its_project = Subquery(task.objects.filter(pk=OuterRef("task")).values("project"))
    interval.objects.exclude(project=its_project).update(project=its_project)


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0005_comments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(model_name="workinterval", name="work_by_performer"),
        migrations.AddField(
            model_name="workinterval",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                default=1,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="tasks.project",
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="workinterval",
            name="performer",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="intervals",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="workinterval",
            name="task",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="intervals", to="tasks.task"
            ),
        ),
        migrations.AddField(
            model_name="workinterval",
            name="begins",
            field=models.GeneratedField(
                db_persist=True, expression=Microseconds("started_at"), output_field=models.BigIntegerField()
            ),
        ),
        migrations.AddField(
            model_name="workinterval",
            name="ends",
            field=models.GeneratedField(
                db_persist=True, expression=Microseconds("ended_at"), output_field=models.BigIntegerField(null=True)
            ),
        ),
        migrations.AddField(
            model_name="workinterval",
            name="reach",
            field=models.GeneratedField(db_persist=True, expression=reach(), output_field=models.SmallIntegerField()),
        ),
        migrations.AddIndex(
            model_name="workinterval",
            index=models.Index(fields=["task", "started_at", "id"], name="work_on_task"),
        ),
        migrations.AddIndex(
            model_name="workinterval",
            index=models.Index(
                fields=["project", "reach", "begins", "ends", "performer", "task"], name="work_in_project"
            ),
        ),
        migrations.AddIndex(
            model_name="workinterval",
            index=models.Index(
                fields=["performer", "reach", "begins", "ends", "project", "task"], name="work_by_performer"
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("status", "Completed")),
                fields=["project", "completed_at", "created_at", "started_at", "worked_microseconds"],
                name="task_flow",
            ),
        ),
        migrations.CreateModel(
            name="Correction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "interval",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="corrections",
                        to="tasks.workinterval",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("reason", models.TextField()),
                ("was_started_at", models.DateTimeField(null=True)),
                ("was_ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="a_correction_says_why"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("was_ended_at", None), ("was_started_at", None)),
                            models.Q(("was_ended_at__isnull", False), ("was_started_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="a_correction_keeps_both_ends",
                    ),
                ],
            },
        ),
        migrations.RunPython(share_no_time, share_time),
        # Last, because PostgreSQL changes no table that has just been written to.
        migrations.RunPython(place_intervals, migrations.RunPython.noop),
    ]
