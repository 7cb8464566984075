"""How many requests somebody may send: each user, and each address where nobody is logged in.

Counted in each process by itself: with several, somebody may send so many to each. That keeps one client from taking
all there is, and costs no look into any database.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
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
    """REST framework asks it once it knows who comes."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if settings.RATE_LIMIT:
            standing = limiter(settings.RATE_LIMIT, settings.RATE_LIMIT_SECONDS).come(_who(request))
            request._request.rate_standing = standing  # type: ignore[attr-defined]
            if standing.is_over:
                raise TooManyRequests(standing)
        return True


class SayWhatIsLeft:
    """Middleware: the answer says how much its user has left."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        standing: Standing | None = getattr(request, "rate_standing", None)
        if standing:
            for name, value in standing.headers().items():
                response[name] = value
        return response


@cache
def limiter(limit: int, window: int) -> Limiter:
    return Limiter(limit, window)


def _who(request: Request) -> int | str:
    return request.user.pk if request.user.is_authenticated else client_address(request)
