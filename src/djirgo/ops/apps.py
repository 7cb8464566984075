from django.apps import AppConfig

from djirgo.ops import logs


class OpsConfig(AppConfig):
    name = "djirgo.ops"
    verbose_name = "Operations"

    def ready(self) -> None:
        logs.bring_structlog_along()
