from django.apps import AppConfig


class RestConfig(AppConfig):
    name = "djirgo.rest"
    verbose_name = "HTTP conventions"
