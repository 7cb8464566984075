"""The columns of the board are served by indexes; a task stands in one of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0007_label_sets"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("status", "New")),
                fields=["project", "-priority", "due_order", "id"],
                name="task_board_new",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("status", "In_Progress")),
                fields=["project", "-priority", "due_order", "id"],
                name="task_board_in_progress",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("status", "Completed")),
                fields=["project", "completed_at", "id"],
                name="task_board_completed",
            ),
        ),
    ]
