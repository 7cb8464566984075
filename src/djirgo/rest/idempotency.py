"""`Idempotency-Key`: a POST that is sent again gets the first answer again.

The key is taken in a transaction of its own, so that a second request sees it at once. The request's changes and its
answer are then committed together: a process that dies leaves both or neither, and never a change whose answer is lost.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request

from djirgo.rest.models import IdempotencyKey
from djirgo.rest.renderers import JSONRenderer

#: Longer than any request may take; a key still running after that belongs to a process that died.
LONGEST_REQUEST = timedelta(seconds=60)
KEPT_HEADERS = ("Location", "ETag", "Preference-Applied")


class StillRunning(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "A request with this Idempotency-Key is still being answered. Ask again in a moment."
    default_code = "idempotency_key_in_use"


class KeyReused(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = "This Idempotency-Key was used for another request."
    default_code = "idempotency_key_reused"


def read_whole(request: Request) -> bytes:
    """The body, before anybody parses it: the fingerprint is made of it, and a stream is read once."""
    body: bytes = request.body
    return body


def answer_once(
    handler: Callable[..., HttpResponse],
    refuse: Callable[[Exception], HttpResponse],
    request: Request,
    *args: Any,
    **kwargs: Any,
) -> HttpResponse:
    """Answer the request, or give the answer that its key got before. `refuse` turns an exception into an answer."""
    key, is_new = _take(request, at=timezone.now())
    if not is_new:
        return _replay(key)
    try:
        with transaction.atomic():
            response = handler(request, *args, **kwargs)
            _keep(key, response)
    except Exception as exc:
        return _refuse(key, refuse, exc)
    return response


def _refuse(key: IdempotencyKey, refuse: Callable[[Exception], HttpResponse], exc: Exception) -> HttpResponse:
    """A refusal is an answer too. A failure of ours is not: the key is given back, so that the client can try again."""
    try:
        response = refuse(exc)
    except Exception:
        key.delete()
        raise
    if response.status_code < status.HTTP_500_INTERNAL_SERVER_ERROR:
        _keep(key, response)
    else:
        key.delete()
    return response


def _take(request: Request, *, at: datetime) -> tuple[IdempotencyKey, bool]:
    """The key's row, and whether it is ours to answer."""
    address = request.META.get("REMOTE_ADDR", "")  # nothing, behind a Unix socket
    wanted = IdempotencyKey(
        scope=f"user:{request.user.pk}" if request.user.is_authenticated else f"address:{address}",
        key=name_of(request),
        fingerprint=fingerprint_of(request),
        running_until=at + LONGEST_REQUEST,
        created_at=at,
    )
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
    except IntegrityError:
        return _take_again(wanted, at=at)
    return wanted, True


def _take_again(wanted: IdempotencyKey, *, at: datetime) -> tuple[IdempotencyKey, bool]:
    with transaction.atomic():
        found = IdempotencyKey.objects.select_for_update().get(scope=wanted.scope, key=wanted.key)
        expired = found.created_at + settings.KEEP_IDEMPOTENCY_KEYS <= at
        if not expired and found.fingerprint != wanted.fingerprint:
            raise KeyReused
        if not expired and found.status is not None:
            return found, False
        if not expired and found.running_until > at:
            raise StillRunning
        wanted.pk = found.pk
        wanted.save(force_update=True)
        return wanted, True


def _keep(key: IdempotencyKey, response: HttpResponse) -> None:
    """Write the answer down, unless somebody has taken the key over because we were thought dead."""
    kept = IdempotencyKey.objects.filter(pk=key.pk, running_until=key.running_until, status=None).update(
        status=response.status_code,
        headers={name: response[name] for name in KEPT_HEADERS if name in response},
        content_type=response.headers.get("Content-Type", ""),
        body=response.content,
    )
    if not kept:
        raise StillRunning


def _replay(key: IdempotencyKey) -> HttpResponse:
    headers = key.headers | {"Idempotency-Replayed": "true"}
    response = HttpResponse(key.body, key.content_type or JSONRenderer.media_type, key.status, headers=headers)
    if not key.body:
        del response.headers["Content-Type"]
    return response


def name_of(request: Request) -> str:
    """What the client calls its request."""
    name = request.headers["Idempotency-Key"]
    if not (0 < len(name) <= 255 and name.isascii() and name.isprintable()):
        raise ValidationError({"Idempotency-Key": ["Say 1 to 255 printable ASCII characters."]})
    return name


def fingerprint_of(request: Request) -> str:
    """The same for the same method, address and body. To be asked for before the body is parsed."""
    request_line = f"{request.method} {request.get_full_path()}\n".encode()
    # Keyed, because the body may hold a password, and a plain hash of it could be guessed.
    return salted_hmac("djirgo.rest.idempotency", request_line + request.body, algorithm="sha256").hexdigest()
