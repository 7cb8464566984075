"""Projects, leases, dependencies, spent attempts. What there is already belongs to the open project General."""

import datetime
import django.db.models.deletion
from django.conf import settings
from django.core.management.color import no_style
from django.db import migrations, models


GENERAL = 1


def found_general(apps, schema_editor):
    database = schema_editor.connection
    now = datetime.datetime.now(datetime.timezone.utc)
    project = apps.get_model("tasks", "Project")
    project.objects.using(database.alias).create(pk=GENERAL, name="General", is_open=True, created_at=now)
    for statement in database.ops.sequence_reset_sql(no_style(), [project]):
        schema_editor.execute(statement)


def carry_counts_over(apps, schema_editor):
    old, new = apps.get_model("tasks", "OldTaskCount"), apps.get_model("tasks", "TaskCount")
    for status, number in old.objects.values_list("status", "number"):
        new.objects.create(project=GENERAL, status=status, number=number)


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0002_search"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Project",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("is_open", models.BooleanField(default=False)),
                ("own_tasks_only", models.BooleanField(default=False)),
                ("policy", models.CharField(default="manual", max_length=30)),
                ("turns", models.PositiveBigIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="a_project_has_a_name")
                ],
            },
        ),
        migrations.RunPython(found_general, migrations.RunPython.noop),
        migrations.RenameModel("TaskCount", "OldTaskCount"),
        migrations.CreateModel(
            name="TaskCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("project", models.BigIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("New", "New"),
                            ("In_Progress", "In progress"),
                            ("Completed", "Completed"),
                            ("Failed", "Failed"),
                            ("Cancelled", "Cancelled"),
                        ],
                        max_length=11,
                    ),
                ),
                ("number", models.BigIntegerField(default=0)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("project", "status"), name="a_place_is_counted_once")],
            },
        ),
        migrations.RunPython(carry_counts_over, migrations.RunPython.noop),
        migrations.DeleteModel("OldTaskCount"),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("spent_at", models.DateTimeField()),
                ("is_expiry", models.BooleanField()),
                ("comes_back", models.BooleanField()),
                ("reason", models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="Dependency",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "Viewer"), (1, "Member"), (2, "Manager"), (3, "Owner")], default=1
                    ),
                ),
                ("skills", models.JSONField(blank=True, default=list)),
                ("wip_limit", models.PositiveIntegerField(blank=True, null=True)),
                ("available", models.BooleanField(default=True)),
                ("turn", models.PositiveBigIntegerField(default=0)),
                ("joined_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="label",
            name="due_order",
            field=models.DateTimeField(
                default=datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.timezone.utc)
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="label",
            name="is_waiting",
            field=models.BooleanField(default=False),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="label",
            name="priority",
            field=models.PositiveSmallIntegerField(default=1),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="task",
            name="blocked_by",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="task",
            name="blocks_others",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="task",
            name="is_assigned_by_a_person",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="task",
            name="is_blocked",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="task",
            name="lease_ended_by",
            field=models.CharField(editable=False, max_length=11, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="lease_expires_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="lease_hash",
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="lease_seconds",
            field=models.PositiveIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="lease_seen_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="attempt",
            name="performer",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="attempt",
            name="task",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="spent_attempts", to="tasks.task"
            ),
        ),
        migrations.AddField(
            model_name="dependency",
            name="blocker",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="dependents", to="tasks.task"
            ),
        ),
        migrations.AddField(
            model_name="dependency",
            name="task",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="dependencies",
                to="tasks.task",
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships",
                to="tasks.project",
            ),
        ),
        migrations.AddField(
            model_name="label",
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
        migrations.AddField(
            model_name="task",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                default=1,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tasks",
                to="tasks.project",
            ),
        ),
        migrations.AddIndex(
            model_name="label",
            index=models.Index(
                condition=models.Q(("is_waiting", True)),
                fields=["project", "name", "-priority", "due_order", "task"],
                name="label_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["project", "status", "id"], name="task_project_status"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["project", "id"], name="task_project"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("is_blocked", False), ("performer", None), ("status", "New")),
                fields=["project", "-priority", "due_order", "id"],
                name="task_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("is_blocked", False), ("performer__isnull", False), ("status", "New")),
                fields=["performer", "-priority", "due_order", "id"],
                name="task_queue_of_performer",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("performer__isnull", False), ("status__in", ["New", "In_Progress"])),
                fields=["project", "performer"],
                name="task_load",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("lease_expires_at__isnull", False)), fields=["lease_expires_at"], name="task_lease"
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(("lease_expires_at", None), ("status", "In_Progress"), _connector="OR"),
                name="a_leased_task_is_in_progress",
            ),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(fields=["spent_at"], name="attempt_spent"),
        ),
        migrations.AddConstraint(
            model_name="dependency",
            constraint=models.UniqueConstraint(fields=("task", "blocker"), name="a_task_waits_for_another_once"),
        ),
        migrations.AddConstraint(
            model_name="dependency",
            constraint=models.CheckConstraint(
                condition=models.Q(("task", models.F("blocker")), _negated=True), name="no_task_waits_for_itself"
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                fields=("project", "user"), name="somebody_takes_part_in_a_project_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", [0, 1, 2, 3])), name="a_member_has_a_known_role"
            ),
        ),
    ]
