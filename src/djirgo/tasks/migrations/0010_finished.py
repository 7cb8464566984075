"""Finished tasks that are old enough to go are found without those that are not finished."""

from django.db import migrations, models

from djirgo.indexes import AddIndexMeanwhile


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("tasks", "0009_count_changes"),
    ]

    operations = [
        AddIndexMeanwhile(
            model_name="task",
            index=models.Index(
                condition=models.Q(("status__in", ["Cancelled", "Completed"])),
                fields=["updated_at"],
                name="task_finished",
            ),
        ),
    ]
