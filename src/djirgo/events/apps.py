from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "djirgo.events"
    verbose_name = "Events"
