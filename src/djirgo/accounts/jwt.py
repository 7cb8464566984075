"""simplejwt as Djirgo uses it; nobody else imports it.

A token says which of its user's credentials it was given for. Once these have changed, or the user may not log in any
more, the token is dead, whichever kind it is and whoever holds it.
"""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property
from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.authentication import JWTAuthentication as JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError as TokenError
from rest_framework_simplejwt.models import TokenUser
from rest_framework_simplejwt.serializers import TokenBlacklistSerializer as TokenBlacklistSerializer
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer as TokenObtainPairSerializer
from rest_framework_simplejwt.serializers import TokenRefreshSerializer as TokenRefreshSerializer
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken as AccessToken
from rest_framework_simplejwt.tokens import Token as Token

from djirgo.accounts.models import User
from djirgo.statements import Slot, Statement

VERSION_CLAIM = "credentials_version"
_held = Statement(lambda: User.objects.filter(pk=Slot("user"), credentials_version=Slot("version"), is_active=True))


def holder(token: Token) -> User:
    """Whose token it is, as the database has them now."""
    user = _held.one(user=int(token.get("user_id", 0)), version=token.get(VERSION_CLAIM))
    if user is None:
        raise TokenError("The sessions of this user have ended")
    return user


class Claimant(TokenUser):
    """Whoever a token says that it belongs to, taken at its word. Nothing else is known of them."""

    @cached_property
    def id(self) -> int:  # type: ignore[override]
        return int(self.token["user_id"])

    @property
    def credentials_version(self) -> int:
        return int(self.token[VERSION_CLAIM])


class HeldByTheLiving:
    """A mixin for tokens that are looked at rarely enough to ask the database about their user."""

    def verify(self) -> None:
        super().verify()  # type: ignore[misc]
        holder(self)  # type: ignore[arg-type]


class RefreshToken(HeldByTheLiving, tokens.RefreshToken):
    """Works once. It is written down when it dies and not before, so that nothing in the database can be used."""

    @classmethod
    def for_user(cls, user: User) -> "RefreshToken":  # type: ignore[override]
        token: RefreshToken = super(tokens.BlacklistMixin, cls).for_user(user)
        token[VERSION_CLAIM] = user.credentials_version
        return token

    def outstand(self) -> None:
        pass

    def blacklist(self) -> BlacklistedToken:
        """Kill it; of any number who use it at the same moment, one does."""
        dead: tuple[BlacklistedToken, bool] = super().blacklist()  # type: ignore[assignment]
        token, is_new = dead
        if not is_new:
            raise TokenError("Token is blacklisted")
        return token


class AnyToken(HeldByTheLiving, tokens.BlacklistMixin[Any], tokens.UntypedToken):
    """An access or a refresh token."""


def dead_before(moment: datetime) -> QuerySet[OutstandingToken]:
    """Tokens that were put to death and have since expired anyway: nobody needs to remember them."""
    return OutstandingToken.objects.filter(expires_at__lt=moment)
