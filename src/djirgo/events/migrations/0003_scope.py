"""Who may hear of an event. All that has happened so far happened in the open project."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0002_dead_letters"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="scope",
            field=models.CharField(default="projects/1", max_length=64),
            preserve_default=False,
        ),
    ]
