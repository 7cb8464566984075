from django.apps import AppConfig
from django.conf import settings
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries

from djirgo.ops import logs


class OpsConfig(AppConfig):
    name = "djirgo.ops"
    verbose_name = "Operations"

    def ready(self) -> None:
        logs.bring_structlog_along()
        # What a request leaves behind is seen to when it ends, so that the next one need not look.
        request_started.disconnect(close_old_connections)
        if not settings.DEBUG:
            request_started.disconnect(reset_queries)  # of which no list is kept
        request_finished.disconnect(close_caches)  # they are in memory
        request_finished.disconnect(reset_urlconf)  # there is one set of addresses
