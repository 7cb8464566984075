from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "djirgo.ops"
    verbose_name = "Operations"
