from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "djirgo.intake"
    verbose_name = "Asynchronous intake"
