from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "djirgo.web"
    verbose_name = "The board"
