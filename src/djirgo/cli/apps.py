from django.apps import AppConfig


class CommandLineConfig(AppConfig):
    name = "djirgo.cli"
    verbose_name = "Command line"
