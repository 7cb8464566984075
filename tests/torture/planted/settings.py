"""Djirgo's own settings, and the app that plants."""

from djirgo.config.settings import *  # noqa: F403
from djirgo.config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.torture.planted.apps.Planted"]
