"""How many tasks stood where at an earlier moment can be counted back. What came before this is not in it."""

from django.db import migrations, models

STATUSES = [
    ("New", "New"),
    ("In_Progress", "In progress"),
    ("Completed", "Completed"),
    ("Failed", "Failed"),
    ("Cancelled", "Cancelled"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0008_board_columns"),
    ]

    operations = [
        migrations.CreateModel(
            name="CountChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("project", models.BigIntegerField()),
                ("quarter", models.BigIntegerField()),
                ("status", models.CharField(choices=STATUSES, max_length=11)),
                ("number", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["project", "quarter", "status"], name="what_came_and_went_in_a_quarter_is_added_up"
                    ),
                ],
            },
        ),
    ]
