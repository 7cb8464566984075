"""Somebody who owns and performs tasks, the bots that they answer for, and the end of their sessions."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from djirgo.accounts.models.username import FoldedUsername, fold, not_reserved, of_closed_account
from djirgo.errors import Conflict, Forbidden, Invalid, Missing
from djirgo.rows import ReadAsItIs

TAKEN = _("A user with that username already exists.")
MOST_BOTS = 100


class AccountGone(Missing):
    """It was closed or deactivated while somebody was about to act for it."""


class ForOthers(Forbidden):
    code = "permission_denied"


class UsernameTaken(Invalid):
    code = "unique"


class TooManyBots(Conflict):
    code = "too_many_bots"


class UserQuerySet(models.QuerySet["User"]):
    def named(self, username: str) -> Self:
        """Whoever has this name, in any case."""
        return self.filter(username_folded=fold(username))

    def open(self) -> Self:
        """Accounts that have not been closed."""
        return self.filter(closed_at=None)

    def bots_of(self, person: "User") -> Self:
        """The bots that this person answers for."""
        return self.open().filter(is_bot=True, responsible=person)

    def bots_visible_to(self, person: "User") -> Self:
        """Everybody sees their own, the staff sees all."""
        return self.open().filter(is_bot=True) if person.is_staff else self.bots_of(person)

    def resettable_at(self, email: str) -> Self:
        """Who may be sent a new password to this address: whoever could log in with the old one."""
        return self.filter(email__iexact=email, is_active=True).exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)


_UserManager = UserManager.from_queryset(UserQuerySet)


class Users(_UserManager["User"]):  # type: ignore[valid-type, unused-ignore]
    use_in_migrations = False

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username_folded=fold(username or ""))


class User(ReadAsItIs, AbstractUser):
    """A person, or a bot: a user that has only API tokens.

    An account is never deleted, because tasks keep their owner and performer: it is closed.
    """

    username = models.CharField(
        _("username"),
        max_length=150,
        unique=True,
        help_text=_("Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only."),
        validators=[UnicodeUsernameValidator(), not_reserved],
        error_messages={"unique": TAKEN},
    )
    username_folded = FoldedUsername(max_length=500, editable=False)
    is_bot = models.BooleanField(_("bot"), default=False)
    #: The person who answers for a bot.
    responsible = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="bots",
        verbose_name="answers for it",
        limit_choices_to={"is_bot": False, "closed_at": None},
    )
    #: Grows whenever every session has to end; a token that carries another value is dead.
    credentials_version = models.PositiveIntegerField(default=1, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[Users] = Users()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(fields=["username_folded"], name="a_username_is_taken_in_any_case"),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(is_active=False), name="a_closed_account_is_not_active"
            ),
            models.CheckConstraint(
                condition=Q(is_bot=True, responsible__isnull=False) | Q(is_bot=False, responsible=None),
                name="exactly_bots_have_somebody_who_answers_for_them",
            ),
            models.CheckConstraint(
                condition=Q(is_bot=False) | Q(password__startswith=UNUSABLE_PASSWORD_PREFIX),
                name="a_bot_has_no_password",
            ),
        ]
        # The list of somebody's bots, and the staff's list of all.
        indexes = [
            models.Index(fields=["responsible", "id"], name="user_responsible"),
            models.Index(fields=["id"], condition=Q(closed_at=None, is_bot=True), name="user_bots"),
        ]

    @classmethod
    def create_bot(cls, username: str, *, by: "User", at: datetime) -> "User":
        """Make a bot, for which `by` answers. It has no password, and never will have one."""
        with transaction.atomic():
            by.lock()
            if by.is_bot:
                raise ForOthers("A bot is made by a person.")
            if cls.objects.bots_of(by).count() >= MOST_BOTS:
                raise TooManyBots(f"You answer for {MOST_BOTS} bots. Close one of them first.")
            if cls.objects.named(username).exists():
                raise _taken()
            try:
                with transaction.atomic():
                    return cls.objects.create_user(username, date_joined=at, is_bot=True, responsible=by)
            except IntegrityError:  # somebody was quicker
                raise _taken() from None

    def clean(self) -> None:
        super().clean()
        # There is none where a form has refused it before.
        if self.username and User.objects.named(self.username).exclude(pk=self.pk).exists():
            raise ValidationError({"username": ValidationError(TAKEN, code="unique")})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and end the sessions of whoever has another password than before, or may not log in any more."""
        ends_sessions = not self._state.adding and self._may_not_go_on()
        with transaction.atomic():
            super().save(*args, **kwargs)
            if ends_sessions:
                self.end_sessions()

    def end_sessions(self) -> None:
        """Whoever is logged in as this user has to log in again, everywhere."""
        User.objects.filter(pk=self.pk).update(credentials_version=F("credentials_version") + 1)
        self.refresh_from_db(fields=["credentials_version"])

    def deactivate(self) -> None:
        self.is_active = False
        self.save(update_fields=["is_active"])

    def close(self, *, at: datetime) -> None:
        """Give the account up for good: who it was is forgotten and the name is free again; the work stays.

        Its API tokens go, and so do the bots that it answers for.
        """
        with transaction.atomic():
            self.refresh_from_db(from_queryset=User.objects.select_for_update())
            if self.closed_at is not None:
                return
            self.closed_at = at
            self.username = of_closed_account(self.pk)
            self.email = self.first_name = self.last_name = ""
            self.is_active = self.is_staff = self.is_superuser = False
            self.set_unusable_password()
            self.save()
            self.api_tokens.all().delete()
            for bot in User.objects.bots_of(self).order_by("id"):
                bot.close(at=at)

    def lock(self) -> None:
        """Read the row anew and keep others from it until the transaction ends."""
        try:
            self.refresh_from_db(from_queryset=User.objects.select_for_update().filter(is_active=True))
        except User.DoesNotExist:
            raise AccountGone("This account is not active.") from None

    def get_session_auth_hash(self) -> str:
        """Django's own log-ins, like the admin's, end with all the others."""
        return salted_hmac("djirgo.accounts.session", str(self.credentials_version), algorithm="sha256").hexdigest()

    def _may_not_go_on(self) -> bool:
        # A password that is merely hashed anew, when its owner logs in, leaves `_password` empty.
        has_new_password = self._password is not None  # type: ignore[attr-defined]
        return has_new_password or not self.is_active or not self.has_usable_password()


def _taken() -> UsernameTaken:
    return UsernameTaken(str(TAKEN), field="username")
