"""Requests to views: every address that Djirgo answers."""

from typing import Any

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from djirgo.tasks.api.views import TaskViewSet

router = SimpleRouter()
router.register("tasks", TaskViewSet, basename="task")

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include(router.urls)),
    path("admin/", admin.site.urls),
]

handler400: Any = "djirgo.config.api_errors.bad_request"
handler403: Any = "djirgo.config.api_errors.forbidden"
handler404: Any = "djirgo.config.api_errors.not_found"
handler500: Any = "djirgo.config.api_errors.server_error"
