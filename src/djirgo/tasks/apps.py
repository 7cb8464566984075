from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TasksConfig(AppConfig):
    name = "djirgo.tasks"
    verbose_name = "Tasks"

    def ready(self) -> None:
        from djirgo.tasks.models.project import found_general

        post_migrate.connect(found_general, sender=self)
