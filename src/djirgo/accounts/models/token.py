"""API tokens: a secret that acts as a user, for some purposes and for some time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Self

from django.db import models, transaction
from django.db.models import Q
from django.utils.crypto import get_random_string

from djirgo.accounts.models.user import ForOthers, User
from djirgo.errors import Conflict, Invalid
from djirgo.rows import ReadAsItIs

#: What every token begins with, so that people and secret scanners know one when they see it.
BEGINNING = "djirgo_"
#: Letters and digits after that: 238 bits, which nobody guesses, so that a plain hash is enough to keep.
RANDOM_CHARACTERS = 40
#: As much of a token as people need to tell it from their others.
SHOWN_CHARACTERS = len(BEGINNING) + 6

LIFETIME = timedelta(days=90)
LONGEST_NAME = 100
MOST_TOKENS = 100


class NameTaken(Invalid):
    code = "unique"


class AlreadyExpired(Invalid):
    code = "in_the_past"


class TooManyTokens(Conflict):
    code = "too_many_tokens"


class Scope(models.TextChoices):
    """What a token may be used for. None of them includes another."""

    READ = "read"
    WRITE = "write"
    WORK = "work"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def of_text(self, text: bytes) -> Self:
        return self.filter(digest=digest(text))

    def managed_by(self, person: User) -> Self:
        """Their own, and those of the bots that they answer for.

        Whose these are is asked beforehand, so that the database plans for a few users and not for a join.
        """
        bots = User.objects.bots_of(person).values_list("pk", flat=True)
        return self.filter(user__in=[person.pk, *bots])

    def live(self, *, at: datetime) -> Self:
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=at))

    def usable(self, *, at: datetime) -> Self:
        """Live, of a user who may act, as may whoever answers for them."""
        answered_for = Q(user__responsible=None) | Q(user__responsible__is_active=True)
        return self.live(at=at).filter(answered_for, user__is_active=True)

    def expired_before(self, moment: datetime) -> Self:
        return self.filter(expires_at__lt=moment)

    def not_used_since(self, moment: datetime) -> Self:
        return self.filter(Q(last_used_at=None) | Q(last_used_at__lte=moment))


class ApiToken(ReadAsItIs):
    """What is kept of a token: not its text, which whoever made it was told once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens", db_index=False)
    name = models.CharField(max_length=LONGEST_NAME)
    scopes = models.JSONField()
    prefix = models.CharField(max_length=SHOWN_CHARACTERS)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "API token"
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="no_two_tokens_of_a_user_have_one_name"),
            models.CheckConstraint(condition=~Q(scopes=[]), name="a_token_is_good_for_something"),
        ]
        indexes = [
            models.Index(fields=["user", "id"], name="api_token_user"),
            models.Index(fields=["expires_at"], name="api_token_expires"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @classmethod
    def issue(
        cls, name: str, scopes: Sequence[Scope], *, acting_as: User, expires_at: datetime | None, by: User, at: datetime
    ) -> tuple["ApiToken", str]:
        """A new token, and its text, which nobody can be told a second time."""
        if expires_at is not None and expires_at <= at:
            raise AlreadyExpired("This is over already.", field="expires_at")
        text = BEGINNING + get_random_string(RANDOM_CHARACTERS)
        token = cls(
            user=acting_as,
            name=name,
            scopes=list(scopes),
            prefix=text[:SHOWN_CHARACTERS],
            digest=digest(text.encode()),
            created_at=at,
            expires_at=expires_at,
        )
        with transaction.atomic():
            acting_as.lock()
            token._check(by, at)
            token.save(force_insert=True)
        return token, text

    def _check(self, by: User, at: datetime) -> None:
        """Only while the user is locked: whoever else makes a token for them waits, and counts this one."""
        if by.is_bot or by.pk not in (self.user.pk, self.user.responsible_id):
            raise ForOthers("People make tokens, for themselves and for the bots that they answer for.")
        others = self.user.api_tokens.all()
        # One that has expired gives its name up.
        others.filter(name=self.name).expired_before(at).delete()
        if others.filter(name=self.name).exists():
            raise NameTaken("There is a token of this name already.", field="name")
        if others.live(at=at).count() >= MOST_TOKENS:
            raise TooManyTokens(f"There are {MOST_TOKENS} tokens already. Delete one of them first.")


def digest(text: bytes) -> str:
    return sha256(text).hexdigest()
