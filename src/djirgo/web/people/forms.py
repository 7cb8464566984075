"""Registering, logging in and a new password, under the same rules as over the API."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from djirgo.accounts import login_limit
from djirgo.accounts.models import User
from djirgo.accounts.models.user import TAKEN

#: The fields in which a password is chosen.
CHOSEN = "password1"
CHOSEN_ANEW = "new_password1"


class LogInForm(AuthenticationForm):
    """A username in any case, and its password, behind the limit on wrong ones."""

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username") or ""
        with login_limit.one_at_a_time(self.request, username):  # type: ignore[arg-type]
            try:
                return super().clean()
            except ValidationError:
                if not self.is_locked:
                    raise
                seconds = login_limit.seconds_locked(self.request, username)  # type: ignore[arg-type]
                raise self._too_many(seconds) from None

    @property
    def is_locked(self) -> bool:
        return login_limit.is_locked(self.request)  # type: ignore[arg-type]

    def _too_many(self, seconds: int) -> ValidationError:
        minutes = -(-seconds // 60)
        return ValidationError(
            _("Too many wrong passwords. Try again in %(minutes)d min."), params={"minutes": minutes}
        )


class RegistrationForm(BaseUserCreationForm):  # type: ignore[type-arg]
    """A name that is free and a password; an address is needed only to reset it."""

    class Meta:
        model = User
        fields = ("username", "email")
        error_messages = {"username": {"reserved": _("This username is reserved.")}}

    def validate_password_for_user(self, user: User, password_field_name: str = CHOSEN) -> None:
        """What is wrong with a password is said where it is chosen, not where it is repeated."""
        super().validate_password_for_user(user, password_field_name)  # type: ignore[misc]  # the stubs lack it

    def save(self, commit: bool = True) -> User:
        try:
            user: User = super().save(commit)
        except IntegrityError:  # somebody was quicker
            raise ValidationError({"username": TAKEN}) from None
        return user


class NewPasswordForm(PasswordChangeForm):
    """Another password, by whoever knows the one that there is."""

    def validate_password_for_user(self, user: User, password_field_name: str = CHOSEN_ANEW) -> None:
        """As where one registers. Django names the field in which it is repeated."""
        super().validate_password_for_user(user, CHOSEN_ANEW)
