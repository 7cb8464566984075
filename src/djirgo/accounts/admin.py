"""Users in the admin: their accounts are closed, not deleted, and wrong passwords are counted there too.

A bot is handed over to somebody else there, and the API tokens of everybody can be seen and deleted.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from djirgo.accounts import login_limit
from djirgo.accounts.models import ApiToken, User
from djirgo.accounts.models.user import UserQuerySet


class LoginForm(AdminAuthenticationForm):
    request: HttpRequest

    def clean(self) -> dict[str, Any]:
        with login_limit.one_at_a_time(self.request, self.cleaned_data.get("username", "")):
            return super().clean()


admin.site.login_form = LoginForm
# Roles in projects say what people may do. The few who enter the admin are given its rights one by one.
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]
    list_display = ("username", "email", "is_active", "is_bot", "responsible", "is_staff", "closed_at")
    list_select_related = ("responsible",)
    list_filter = ("is_active", "is_bot", "is_staff", "is_superuser", ("closed_at", admin.EmptyFieldListFilter))
    readonly_fields = ("is_bot", "last_login", "date_joined", "closed_at")
    autocomplete_fields = ("responsible",)
    actions = ("end_sessions", "deactivate", "close")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined", "closed_at")}),
    )

    #: Of a bot, instead of the password that it has not.
    answered_for = (None, {"fields": ("username", "is_bot", "responsible")})

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        shown = super().get_fieldsets(request, obj)
        return (self.answered_for, *shown[1:]) if obj is not None and obj.is_bot else shown

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only bots have the field, and none is without somebody who answers for it."""
        return super().formfield_for_foreignkey(db_field, request, **kwargs | {"required": True})

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        user = self.get_object(request, unquote(id))
        if user is not None and user.is_bot:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

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


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What may be known of a token, and its end. They are made by the people who are to use them."""

    list_display = ("name", "user", "scopes", "prefix", "created_at", "expires_at", "last_used_at")
    fields = readonly_fields = list_display
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__username")
    show_full_result_count = False
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False
