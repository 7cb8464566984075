from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "djirgo.accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from djirgo.accounts.api import schema  # noqa: F401  drf-spectacular finds what has been imported
