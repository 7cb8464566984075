"""How many requests are let in: so many are answered at a time, and any further one is told so.

Some more wait where they are taken in (`ops.hands`), for a second at the longest. So nobody is refused because many
came at the same moment, and no queue grows behind those who are being answered.
"""

from collections.abc import Callable
from contextlib import suppress
from time import perf_counter

import prometheus_client
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from djirgo.ops.logs import CAME_AT, PROBES, came_at
from djirgo.ops.tickets import Tickets
from djirgo.rest import problems

#: The longest that a request waits for its turn, in seconds. Nobody has got on for as long.
PATIENCE = 1.0
RETRY_AFTER = 1

#: A request without a body, unless it comes in pieces, which a server adds up.
NOTHING = (None, "", "0")

REFUSED = prometheus_client.Counter("djirgo_refused_requests", "Requests that found no place.")


turns = Tickets(settings.WEB_THREADS)


class Admission:
    """Middleware, behind those that only look on: they see the refused too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._answer(request)
        _read_the_rest(request)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        if request.path in PROBES:
            return self.get_response(request)
        if not self._gets_a_turn(request):
            return _refuse(request)
        try:
            return self.get_response(request)
        finally:
            turns.give_back()

    def _gets_a_turn(self, request: HttpRequest) -> bool:
        """Where it came past `ops.hands`, it has waited there; other servers have no such place."""
        if CAME_AT not in request.META:
            return turns.take(patience=PATIENCE)
        return perf_counter() - came_at(request) <= PATIENCE and turns.take()


def _read_the_rest(request: HttpRequest) -> None:
    """A client that is still sending when the connection is closed on it never sees why it was refused."""
    if hasattr(request, "_body") or request.META.get("CONTENT_LENGTH") in NOTHING:
        return
    left = settings.MAX_BODY_BYTES
    with suppress(OSError):
        while left > 0 and (part := request.read(min(left, 2**16))):
            left -= len(part)


def _refuse(request: HttpRequest) -> HttpResponse:
    REFUSED.inc()
    problem = problems.document(503, "Too many requests are being answered. Try again in a moment.", code="overloaded")
    return problems.response(problem, {"Retry-After": str(RETRY_AFTER)})
