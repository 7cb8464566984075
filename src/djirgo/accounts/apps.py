from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "djirgo.accounts"
    verbose_name = "Accounts"
