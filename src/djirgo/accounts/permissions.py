"""What an API token may be used for, beside what its user may do anyway."""

from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from djirgo.accounts.models import ApiToken, Scope


class InsufficientScope(PermissionDenied):
    default_code = "insufficient_scope"

    def __init__(self, needed: Scope) -> None:
        super().__init__(f"This needs a token with the scope “{needed}”.")


class SessionRequired(PermissionDenied):
    default_detail = "This needs a session: log in. An API token will not do."
    default_code = "session_required"


class WithinScope(BasePermission):
    """A token does what it was made for. A view set names the actions with which work is done in `work_actions`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, ApiToken):
            needed = scope_for(request, view)
            if needed not in request.auth.scopes:
                raise InsufficientScope(needed)
        return True


class InSession(BasePermission):
    """Whoever holds a token makes no further ones, and changes no account: that is for people who have logged in."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, ApiToken):
            raise SessionRequired
        return True


def scope_for(request: Request, view: Any) -> Scope:
    if request.method in SAFE_METHODS:
        return Scope.READ
    is_work = getattr(view, "action", None) in getattr(view, "work_actions", ())
    return Scope.WORK if is_work else Scope.WRITE
