"""How many requests somebody may send: each user, and each address where nobody is logged in.

Counted in each process by itself: with several, somebody may send so many to each. That keeps one client from taking
all there is, and costs no look into any database.
"""

from functools import cache
from typing import Any

from django.conf import settings
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from djirgo.accounts.login_limit import client_address
from djirgo.rest.limits import Limiter, Standing


class TooManyRequests(Throttled):
    default_code = "too_many_requests"

    def __init__(self, standing: Standing) -> None:
        super().__init__(detail=f"{standing.limit:,} requests in {standing.window} seconds is what you may send.")
        self.wait = standing.wait


class PerUser(BaseThrottle):
    """REST framework asks it once it knows who comes. The answer says what they have left."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if limit := settings.RATE_LIMIT:
            standing = limiter(limit, settings.RATE_LIMIT_SECONDS).come(_who(request))
            view.headers.update(standing.headers())
            if standing.is_over:
                raise TooManyRequests(standing)
        return True


@cache
def limiter(limit: int, window: int) -> Limiter:
    return Limiter(limit, window)


def _who(request: Request) -> int | str:
    user = request.user
    return user.pk if user.is_authenticated else client_address(request)
