"""Every refusal as a problem document, `application/problem+json` (RFC 9457)."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from rest_framework.exceptions import APIException, ErrorDetail, ValidationError

from djirgo.rest.response import Response

MEDIA_TYPE = "application/problem+json"
#: The name under which an error that belongs to no single field is listed.
WHOLE = "non_field_errors"


def document(
    status: int, detail: str, *, code: str, errors: list[dict[str, str]] | None = None, **more: Any
) -> dict[str, Any]:
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return problem | ({} if errors is None else {"errors": errors}) | more


def response(problem: dict[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    return Response(problem, problem["status"], headers, MEDIA_TYPE)


def from_exception(exc: APIException) -> dict[str, Any]:
    """REST framework's own exceptions in our words."""
    if isinstance(exc, ValidationError):
        return invalid(list(field_errors(exc.detail)))
    detail = (
        exc.detail if isinstance(exc.detail, ErrorDetail) else ErrorDetail(str(exc.default_detail), exc.default_code)
    )
    if isinstance(exc.detail, Mapping):  # simplejwt's {"detail", "code", "messages"}
        detail = ErrorDetail(str(exc.detail.get("detail", "")), str(exc.detail.get("code", exc.default_code)))
    return document(exc.status_code, str(detail), code=str(detail.code))


def invalid(errors: list[dict[str, str]]) -> dict[str, Any]:
    named = ", ".join(dict.fromkeys(error["field"] for error in errors))
    detail = errors[0]["detail"] if len(errors) == 1 else "Several things are wrong."
    return document(400, f"{named}: {detail}", code="invalid", errors=errors)


def field_errors(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """REST framework's nested errors as a flat list; a place in a list is its index: `3.text`."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from field_errors(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list) and any(isinstance(inner, Mapping | list) for inner in detail):
        for index, inner in enumerate(detail):
            yield from field_errors(inner, f"{path}.{index}" if path else str(index))
    elif isinstance(detail, list):
        for inner in detail:
            yield from field_errors(inner, path)
    else:
        code = detail.code if isinstance(detail, ErrorDetail) else "invalid"
        yield {"field": path or WHOLE, "code": str(code), "detail": str(detail)}
