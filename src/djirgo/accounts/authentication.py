"""`Authorization: Bearer …`: whose request it is.

A token that was good a moment ago is taken as good, so that not every request has to check a signature and ask for its
user. The moment is short: a password change or a deactivation is seen by every process within `MOMENT` seconds.
"""

from copy import copy
from functools import lru_cache
from time import monotonic

from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from djirgo.accounts import jwt
from djirgo.accounts.models import User

MOMENT = 0.5
#: How many tokens a process remembers.
REMEMBERED = 2048


class DeadToken(AuthenticationFailed):
    """One answer for all of them, whatever they died of."""

    default_detail = "The token is not valid, or not any more. Log in again."
    default_code = "token_not_valid"


class BearerAuthentication(jwt.JWTAuthentication):
    def authenticate(self, request: Request) -> tuple[User, jwt.Token] | None:  # type: ignore[override]
        header = self.get_header(request)
        raw_token = self.get_raw_token(header) if header else None
        if raw_token is None:
            return None
        try:
            user, token = _verified(raw_token, int(monotonic() / MOMENT))
        except jwt.TokenError:
            raise DeadToken from None
        return copy(user), token  # a request may change its user, which is not to be seen by others

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def current_user(token: jwt.Token) -> User:
    """The user as they are now, for a request that changes them or shows what was just changed."""
    try:
        return jwt.holder(token)
    except jwt.TokenError:
        raise DeadToken from None


@lru_cache(maxsize=REMEMBERED)
def _verified(raw_token: bytes, moment: int) -> tuple[User, jwt.Token]:
    """The token's user and contents. `moment` is there to be forgotten when it is over."""
    token = jwt.AccessToken(raw_token)  # type: ignore[arg-type]
    return jwt.holder(token), token
