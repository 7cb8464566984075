"""Requests to views: every address that Djirgo answers."""

from typing import Any

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from djirgo.accounts.api.bots import BotViewSet
from djirgo.accounts.api.sessions import LoginView, LogoutView, RefreshView, VerifyView
from djirgo.accounts.api.tokens import TokenViewSet
from djirgo.accounts.api.views import AccountViewSet, UserViewSet
from djirgo.accounts.authentication import BearerAuthentication, CookieAuthentication
from djirgo.distribution.api.views import DistributionViewSet
from djirgo.events.api.views import EventFeed
from djirgo.intake.api.views import BulkView, IntakeView, TaskViewSet
from djirgo.live.views import EventStream
from djirgo.reports.api.views import FlowReportView, TimeReportView
from djirgo.rest.docs import DocsView, SchemaView
from djirgo.tasks.api.comments import CommentViewSet
from djirgo.tasks.api.intervals import IntervalViewSet
from djirgo.tasks.api.projects import MemberViewSet, ProjectViewSet
from djirgo.tasks.api.watchers import WatcherViewSet
from djirgo.tasks.hearing import heard_by

router = SimpleRouter()
router.register("api/tasks", TaskViewSet, basename="task")
router.register("api/tasks", WatcherViewSet, basename="watcher")
router.register(r"api/tasks/(?P<task>\d{1,18})/comments", CommentViewSet, basename="comment")
router.register("api/projects", ProjectViewSet, basename="project")
router.register(r"api/projects/(?P<id>\d{1,18})/members", MemberViewSet, basename="member")
router.register(r"api/tasks/(?P<id>\d{1,18})/intervals", IntervalViewSet, basename="interval")
router.register("api/users", UserViewSet, basename="user")
router.register("api/tokens", TokenViewSet, basename="token")
router.register("api/bots", BotViewSet, basename="bot")
router.register("api/projects", DistributionViewSet, basename="distribution")

#: Where nobody is logged in yet, and a dead token that a client still sends does no harm.
public: dict[str, Any] = {"authentication_classes": (), "permission_classes": ()}
#: What a page asks for by itself, with the session that its reader has.
read_by_pages = (BearerAuthentication, CookieAuthentication)
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
    *router.urls,
    path("api/tasks/bulk/", BulkView.as_view()),
    path("api/intake/<str:id>/", IntakeView.as_view()),
    path("api/auth/", include(accounts)),
    path("api/events/", EventFeed.as_view(heard_by=heard_by, authentication_classes=read_by_pages)),
    path("api/events/stream/", EventStream.as_view(authentication_classes=read_by_pages)),
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
