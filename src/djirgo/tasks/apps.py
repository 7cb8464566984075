from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "djirgo.tasks"
    verbose_name = "Tasks"
