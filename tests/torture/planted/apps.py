"""Plants, as soon as everything is loaded."""

import os
from importlib import import_module

from django.apps import AppConfig


class Planted(AppConfig):
    name = "tests.torture.planted"
    label = "planted"

    def ready(self) -> None:
        for plant in os.environ["TORTURE_PLANT"].split(","):
            import_module(f"tests.torture.planted.{plant}").plant()
