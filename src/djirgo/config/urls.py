"""Requests to views: every address that Djirgo answers."""

from typing import Any

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = []

handler400: Any = "djirgo.config.api_errors.bad_request"
handler403: Any = "djirgo.config.api_errors.forbidden"
handler404: Any = "djirgo.config.api_errors.not_found"
handler500: Any = "djirgo.config.api_errors.server_error"
