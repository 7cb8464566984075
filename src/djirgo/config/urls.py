"""Requests to views: every address that Djirgo answers."""

from typing import Any

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from djirgo.accounts.api.bots import BotViewSet
from djirgo.accounts.api.sessions import LoginView, LogoutView, RefreshView, VerifyView
from djirgo.accounts.api.tokens import TokenViewSet
from djirgo.accounts.api.views import AccountViewSet, UserViewSet
from djirgo.distribution.api.views import DistributionViewSet
from djirgo.events.api.views import EventFeed
from djirgo.intake.api.views import BulkView, IntakeView, TaskViewSet
from djirgo.reports.api.views import FlowReportView, TimeReportView
from djirgo.rest.docs import DocsView, SchemaView
from djirgo.tasks.api.comments import CommentViewSet
from djirgo.tasks.api.intervals import IntervalViewSet
from djirgo.tasks.api.projects import MemberViewSet, ProjectViewSet
from djirgo.tasks.api.watchers import WatcherViewSet
from djirgo.tasks.hearing import heard_by

router = SimpleRouter()
router.register("tasks", TaskViewSet, basename="task")
router.register("tasks", WatcherViewSet, basename="watcher")
router.register(r"tasks/(?P<task>\d{1,18})/comments", CommentViewSet, basename="comment")
router.register("projects", ProjectViewSet, basename="project")
router.register(r"projects/(?P<id>\d{1,18})/members", MemberViewSet, basename="member")
router.register(r"tasks/(?P<id>\d{1,18})/intervals", IntervalViewSet, basename="interval")
router.register("users", UserViewSet, basename="user")
router.register("tokens", TokenViewSet, basename="token")
router.register("bots", BotViewSet, basename="bot")
router.register("projects", DistributionViewSet, basename="distribution")

#: Where nobody is logged in yet, and a dead token that a client still sends does no harm.
public: dict[str, Any] = {"authentication_classes": (), "permission_classes": ()}
accounts = [
    path("users/", AccountViewSet.as_view({"post": "create"}, **public)),
    path("users/me/", AccountViewSet.as_view({"get": "me", "patch": "me", "delete": "me"})),
    path("users/set_password/", AccountViewSet.as_view({"post": "set_password"})),
    path("users/reset_password/", AccountViewSet.as_view({"post": "reset_password"}, **public)),
    path("users/reset_password_confirm/", AccountViewSet.as_view({"post": "reset_password_confirm"}, **public)),
    path("jwt/create/", LoginView.as_view()),
    path("jwt/refresh/", RefreshView.as_view()),
    path("jwt/verify/", VerifyView.as_view()),
    path("jwt/logout/", LogoutView.as_view()),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/tasks/bulk/", BulkView.as_view()),
    path("api/intake/<str:id>/", IntakeView.as_view()),
    path("api/", include(router.urls)),
    path("api/auth/", include(accounts)),
    path("api/events/", EventFeed.as_view(heard_by=heard_by)),
    path("api/reports/time/", TimeReportView.as_view()),
    path("api/reports/flow/", FlowReportView.as_view()),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/docs/", DocsView.as_view(template_name="web/docs.html"), name="docs"),
    path("admin/", admin.site.urls),
    path("", include("djirgo.ops.urls")),
    path("", include("djirgo.web.urls")),
]

handler400: Any = "djirgo.config.api_errors.bad_request"
handler403: Any = "djirgo.config.api_errors.forbidden"
handler404: Any = "djirgo.config.api_errors.not_found"
handler500: Any = "djirgo.config.api_errors.server_error"
