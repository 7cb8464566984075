"""How many wrong passwords somebody may try: django-axes as Djirgo uses it; nobody else imports it.

Wrong tries are counted per username and address, in the database that all processes share. axes looks at the count,
lets the password be checked, and only then counts. Tries made at the same moment would slip through together, so those
for one username from one address take turns within a process: however many come at once, each process gets at most
one check beyond the limit.
"""

import ipaddress
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from djirgo.accounts.models.username import fold

TURNS = [Lock() for _ in range(256)]
#: Whoever has no address, like a client behind a Unix socket.
NOWHERE = "::"
TOO_MANY = 429


@contextmanager
def one_at_a_time(request: HttpRequest | Request, username: str) -> Iterator[None]:
    with TURNS[hash((fold(username), client_address(request))) % len(TURNS)]:
        yield


def is_locked(request: HttpRequest | Request) -> bool:
    """Whether axes has refused the log-in that this request just tried, or any further one."""
    return bool(getattr(request, "axes_locked_out", False))


def seconds_locked(request: HttpRequest | Request, username: str) -> int:
    """After how many seconds it makes sense to try again."""
    now = timezone.now()
    tries = AccessAttempt.objects.filter(username=_counted(username), ip_address=client_address(request))
    last_at = tries.aggregate(last_at=Max("attempt_time"))["last_at"] or now
    return max(1, math.ceil((last_at + settings.LOGIN_LOCK - now).total_seconds()))


def forgotten_before(moment: datetime) -> "QuerySet[Any]":
    """Wrong tries so old that they no longer count against anybody."""
    long_ago = min(moment, timezone.now() - settings.LOGIN_LOCK)
    tries: QuerySet[Any] = AccessAttempt.objects.filter(attempt_time__lt=long_ago)
    return tries


# --- What axes asks for by name, see the settings -----------------------------------------------------------------


def client_address(request: HttpRequest | Request) -> str:
    """Where the request comes from. Only the hop that our own proxy added is to be believed."""
    told = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[-1] if settings.BEHIND_PROXY else ""
    return _address(told) or _address(request.META.get("REMOTE_ADDR", "")) or NOWHERE


def counted_name(request: HttpRequest | Request, credentials: Mapping[str, Any] | None) -> str:
    return _counted(str((credentials or {}).get("username") or ""))


def refuse_page(
    request: HttpRequest, response: HttpResponse | None, credentials: Mapping[str, Any] | None
) -> HttpResponse:
    """The answer to a person at the admin's log-in. The board's own has said it already."""
    if response is not None and response.status_code == TOO_MANY:
        return response
    seconds = seconds_locked(request, counted_name(request, credentials))
    text = f"Too many wrong passwords. Try again in {seconds} seconds."
    return HttpResponse(text, "text/plain; charset=utf-8", TOO_MANY, headers={"Retry-After": str(seconds)})


def _counted(username: str) -> str:
    """The admin's form lets names through that are longer than anybody's, and than axes' column."""
    return fold(username)[:255]


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text.strip().partition("%")[0]))
    except ValueError:
        return None
