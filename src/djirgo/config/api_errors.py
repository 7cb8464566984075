"""Where the domain's refusals become HTTP answers: the one table, and Django's own error pages in the same form.

Programs are answered with a problem document, people with a page that says the same.
"""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from psycopg.errors import ForeignKeyViolation
from rest_framework import exceptions

from djirgo import errors
from djirgo.rest import problems
from djirgo.rest.parsers import BodyTooLarge
from djirgo.rest.response import Response
from djirgo.web import refusals

STATUS_OF: dict[type[errors.DomainError], int] = {
    errors.Invalid: 400,
    errors.Forbidden: 403,
    errors.Missing: 404,
    errors.Conflict: 409,
    errors.Stale: 412,
}
#: Seconds after which it makes sense to ask again when the database could not be asked.
RETRY_AFTER = 2

log = structlog.get_logger(__name__)


def answer(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """REST framework's exception handler: None lets the exception through, to be logged and answered with 500."""
    if isinstance(exc, errors.DomainError):
        return problems.response(refusal(exc))
    if isinstance(exc, OperationalError | InterfaceError):
        log.error("database_unavailable", exc_info=exc)
        return problems.response(unavailable(), {"Retry-After": str(RETRY_AFTER)})
    if _was_overtaken(exc):
        return problems.response(overtaken())
    translated = _translated(exc)
    if translated is None:
        return None
    return problems.response(problems.from_exception(translated), _headers(translated))


def refusal(exc: errors.DomainError) -> dict[str, Any]:
    if isinstance(exc, errors.Several):
        return _several(exc)
    if isinstance(exc, errors.Invalid):
        return problems.invalid([_error(exc, exc.field)])
    return problems.document(_status(exc), str(exc), code=exc.code)


def _several(exc: errors.Several) -> dict[str, Any]:
    """Answered as the first of them would be; all are named, each with its index."""
    first = next(iter(exc.refusals.values()))
    listed = [_error(refused, _place(index, refused)) for index, refused in exc.refusals.items()]
    return problems.document(_status(first), str(exc), code=exc.code, errors=listed)


def _place(index: int, exc: errors.DomainError) -> str:
    return f"{index}.{exc.field}" if isinstance(exc, errors.Invalid) else str(index)


def _error(exc: errors.DomainError, field: str) -> dict[str, str]:
    return {"field": field, "code": exc.code, "detail": str(exc)}


def _status(exc: errors.DomainError) -> int:
    return next(status for kind, status in STATUS_OF.items() if isinstance(exc, kind))


def unavailable() -> dict[str, Any]:
    return problems.document(503, "The database does not answer. Try again in a moment.", code="database_unavailable")


def _was_overtaken(exc: Exception) -> bool:
    """What is referred to was there when it was looked at, and gone at the commit: PostgreSQL looks again then."""
    return isinstance(exc, IntegrityError) and isinstance(exc.__cause__, ForeignKeyViolation)


def overtaken() -> dict[str, Any]:
    detail = "Something that this has to do with was deleted at the same moment. Nothing has been changed."
    return problems.document(409, detail, code="deleted_meanwhile")


def _translated(exc: Exception) -> exceptions.APIException | None:
    if isinstance(exc, exceptions.APIException):
        return exc
    if isinstance(exc, Http404):
        return exceptions.NotFound()
    if isinstance(exc, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(exc, RequestDataTooBig):
        return BodyTooLarge()
    return None


def _headers(exc: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(exc, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait) + 1 if wait != int(wait) else int(wait))
    return headers


class Refusals:
    """Answers for the pages, as `answer` does for the API: middleware of which nothing but the hook is called."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Nothing passes through here."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, errors.DomainError):
            return _said(request, refusal(exception))
        if isinstance(exception, OperationalError | InterfaceError):
            log.error("database_unavailable", exc_info=exception)
            return _said(request, unavailable(), {"Retry-After": str(RETRY_AFTER)})
        if _was_overtaken(exception):
            return _said(request, overtaken())
        return None


def _said(request: HttpRequest, problem: dict[str, Any], headers: Mapping[str, str] | None = None) -> HttpResponse:
    if not refusals.is_for_a_person(request):
        return problems.response(problem, headers)
    page = refusals.tell(request, problem)
    for name, value in (headers or {}).items():
        page.headers[name] = value
    return page


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: a host that is not served, a broken upload."""
    return _said(request, problems.document(400, _why(exception), code="bad_request"))


def _why(exception: Exception) -> str:
    """A suspicious request learns what was wrong with it only where that helps whoever runs the server."""
    if type(exception).__name__ == "DisallowedHost":
        return "This host name is not served here. Whoever runs the server can add it to DJIRGO_ALLOWED_HOSTS."
    return "The request cannot be understood."


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _said(request, problems.document(403, "You may not do this.", code="permission_denied"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _said(request, problems.document(404, "There is nothing at this address.", code="not_found"))


def server_error(request: HttpRequest) -> HttpResponse:
    """The cause stands in the log, under the request's id; the client learns that it happened, and no more."""
    return _said(request, problems.document(500, "Something broke here. It was logged.", code="server_error"))


def without_csrf_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _said(request, problems.document(403, "The form was not ours, or is too old.", code="csrf_failed"))
