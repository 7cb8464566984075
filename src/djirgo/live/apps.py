from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "djirgo.live"
    verbose_name = "Live"
