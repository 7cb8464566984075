"""`Authorization: Bearer …`: whose request it is; and, where nothing is written, the cookie of a session.

A token that was good a moment ago is taken as good, so that not every request has to check a signature and ask for its
user. The moment is short: a password change, a deactivation or the end of an API token is seen by every process within
`MOMENT` seconds.
"""

from functools import lru_cache
from importlib import import_module
from time import monotonic
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.db.models.base import ModelState
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from djirgo.accounts import jwt, last_use
from djirgo.accounts.models import ApiToken, User
from djirgo.accounts.models.token import BEGINNING
from djirgo.accounts.sessions import Session, Sessions

MOMENT = 0.5
#: How many API tokens a process remembers.
REMEMBERED = 2048
sessions = Sessions()


class DeadToken(AuthenticationFailed):
    """One answer for all of them, whatever they died of."""

    default_detail = "The token is not valid, or not any more. Log in again."
    default_code = "token_not_valid"


class BearerAuthentication(jwt.JWTAuthentication):
    """A session's access token, or an API token; a view tells them apart by `request.auth`."""

    def __init__(self) -> None:
        """simplejwt looks up the model of the user, which is not needed."""

    def authenticate(self, request: Request) -> tuple[User, jwt.Token | ApiToken] | None:  # type: ignore[override]
        header = self.get_header(request)
        raw_token = self.get_raw_token(header) if header else None
        if raw_token is None:
            return None
        try:
            user, token = _verified(raw_token, int(monotonic() / MOMENT))
        except jwt.TokenError:
            raise DeadToken from None
        return _copy_of(user), token  # a request may change its user, which is not to be seen by others

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class CookieAuthentication(BaseAuthentication):
    """The session of a browser, where nothing is written, and so nobody has to show that the form was ours.

    It is looked up anew each time, also in a request that began long ago.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        user = _logged_in(request._request) if request.method in SAFE_METHODS else None
        return (user, None) if user else None


def _logged_in(request: HttpRequest) -> User | None:
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    now = HttpRequest()
    now.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(now)
    return user if isinstance(user, User) and user.is_active else None


class SignedAuthentication(BearerAuthentication):
    """Takes a session at its word: signature and expiry, and nothing that the database would have to be asked.

    Whoever lets requests in this way has to ask later whether the session still holds. An API token is a row, and is
    looked up as everywhere.
    """

    def authenticate(self, request: Request) -> Any:
        header = self.get_header(request)
        raw_token = self.get_raw_token(header) if header else None
        if raw_token is None or raw_token.startswith(BEGINNING.encode()):
            return super().authenticate(request)
        try:
            token = jwt.AccessToken(raw_token)  # type: ignore[arg-type]
        except jwt.TokenError:
            raise DeadToken from None
        return jwt.Claimant(token), token


def current_user(token: jwt.Token) -> User:
    """The user as they are now, for a request that changes them or shows what was just changed."""
    try:
        return jwt.holder(token)
    except jwt.TokenError:
        raise DeadToken from None


def _verified(raw_token: bytes, moment: int) -> tuple[User, jwt.Token | ApiToken]:
    """The token's user and contents, as they were in this moment."""
    if raw_token.startswith(BEGINNING.encode()):
        return _of_api_token(raw_token, moment)
    session = sessions.find(raw_token, moment)
    if session is None:
        token = jwt.AccessToken(raw_token)  # type: ignore[arg-type]
        session = Session.of(jwt.holder(token), token)
        sessions.keep(raw_token, session, moment)
    return session.user, session.token


@lru_cache(maxsize=REMEMBERED)
def _of_api_token(raw_token: bytes, moment: int) -> tuple[User, ApiToken]:
    """`moment` is there to be forgotten when it is over."""
    token = _usable(raw_token)
    return token.user, token


def _copy_of(user: User) -> User:
    """As `copy` makes it, but for the state, and without the way round by pickling."""
    mine = User.__new__(User)
    vars(mine).update(vars(user), _state=ModelState())
    mine._state.db, mine._state.adding = user._state.db, False
    return mine


def _usable(text: bytes) -> ApiToken:
    now = timezone.now()
    token = ApiToken.objects.usable(at=now).of_text(text).select_related("user").first()
    if token is None:
        raise DeadToken
    last_use.note(token, at=now)
    return token
