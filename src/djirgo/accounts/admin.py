"""Users in the admin: their accounts are closed, not deleted, and wrong passwords are counted there too."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest
from django.utils import timezone

from djirgo.accounts import login_limit
from djirgo.accounts.models import User
from djirgo.accounts.models.user import UserQuerySet


class LoginForm(AdminAuthenticationForm):
    request: HttpRequest

    def clean(self) -> dict[str, Any]:
        with login_limit.one_at_a_time(self.request, self.cleaned_data.get("username", "")):
            return super().clean()


admin.site.login_form = LoginForm


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]
    list_display = ("username", "email", "is_active", "is_bot", "is_staff", "closed_at")
    list_filter = ("is_active", "is_bot", "is_staff", "is_superuser", ("closed_at", admin.EmptyFieldListFilter))
    readonly_fields = ("last_login", "date_joined", "closed_at")
    actions = ("end_sessions", "deactivate", "close")
    fieldsets = (
        (None, {"fields": ("username", "password", "is_bot")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined", "closed_at")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        is_closed = obj is not None and obj.closed_at is not None
        return not is_closed and super().has_change_permission(request, obj)

    @admin.action(description="End the sessions of the selected users", permissions=["change"])
    def end_sessions(self, request: HttpRequest, users: UserQuerySet) -> None:
        for user in users:
            user.end_sessions()
        self._say(request, f"The sessions of {len(users)} users have ended.")

    @admin.action(description="Deactivate the selected users", permissions=["change"])
    def deactivate(self, request: HttpRequest, users: UserQuerySet) -> None:
        for user in users:
            user.deactivate()
        self._say(request, f"{len(users)} users may no longer log in.")

    @admin.action(description="Close the accounts of the selected users, for good", permissions=["change"])
    def close(self, request: HttpRequest, users: UserQuerySet) -> None:
        now = timezone.now()
        for user in users:
            user.close(at=now)
        self._say(request, f"{len(users)} accounts are closed.")

    def _say(self, request: HttpRequest, text: str) -> None:
        self.message_user(request, text, messages.SUCCESS)
