"""Every task knows what its labels amount to, so that what waits stands in piles, one for each set of labels."""

from importlib import import_module
from itertools import islice

from django.db import migrations, models

from djirgo.tasks.models.label import LabelSet, label_set

places = import_module("djirgo.tasks.migrations.0004_places_in_the_queue")
BATCH = 1000


def pile_up(apps, schema_editor):
    label, task = apps.get_model("tasks", "Label"), apps.get_model("tasks", "Task")
    labelled = task.objects.filter(pk__in=label.objects.values("task")).only("labels").iterator(BATCH)
    while batch := list(islice(labelled, BATCH)):
        for row in batch:
            row.label_set = label_set(row.labels)
        task.objects.bulk_update(batch, ["label_set"])


class Migration(migrations.Migration):
    dependencies = [("tasks", "0006_time")]

    operations = [
        migrations.AddField(
            model_name="task",
            name="label_set",
            field=LabelSet(default="", editable=False, max_length=64),
        ),
        migrations.RunPython(places.restore_search, migrations.RunPython.noop),
        migrations.RunPython(pile_up, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                fields=["project", "label_set", "-priority", "due_order", "id"],
                condition=models.Q(("is_blocked", False), ("performer", None), ("status", "New")),
                name="task_piles",
            ),
        ),
    ]
