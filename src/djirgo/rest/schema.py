"""The OpenAPI document: what the conventions add to every operation.

Views say what they take and what they answer. That a refusal is a problem document, that a POST may carry an
`Idempotency-Key`, and where `If-Match` is looked at, is the same everywhere and is added here.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from drf_spectacular import openapi
from drf_spectacular.utils import OpenApiParameter

from djirgo.rest import problems

Schema = dict[str, Any]

WRITES = frozenset({"post", "put", "patch", "delete"})

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    OpenApiParameter.HEADER,
    description="Sent again with the same body, the request gets its first answer again, for a day.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": r'^(\*|"[!#-~]*")$'},
    OpenApiParameter.HEADER,
    description="The `ETag` of the version that the write is meant for.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    {"type": "string", "pattern": r'^(\*|"[!#-~]*")$'},
    OpenApiParameter.HEADER,
    description="The `ETag` of the version that you have.",
)

PROBLEM: Schema = {
    "type": "object",
    "description": "A refusal (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "For people."},
        "code": {"type": "string", "description": "For programs; never changes.", "pattern": "^[a-z0-9_]+$"},
        "errors": {
            "type": "array",
            "description": "With status 400: what is wrong with which field.",
            "items": {"$ref": "#/components/schemas/FieldError"},
        },
    },
}
FIELD_ERROR: Schema = {
    "type": "object",
    "required": ["field", "code", "detail"],
    "properties": {"field": {"type": "string"}, "code": {"type": "string"}, "detail": {"type": "string"}},
}
COMPONENTS: Schema = {
    "schemas": {"Problem": PROBLEM, "FieldError": FIELD_ERROR},
    "responses": {
        "Problem": {
            "description": "A refusal.",
            "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    },
}

MEANING = {
    HTTPStatus.BAD_REQUEST: "Malformed or invalid.",
    HTTPStatus.UNAUTHORIZED: "Say who you are.",
    HTTPStatus.FORBIDDEN: "You may not.",
    HTTPStatus.NOT_FOUND: "There is no such thing, or you may not see it.",
    HTTPStatus.CONFLICT: "The state of things forbids it.",
    HTTPStatus.PRECONDITION_FAILED: "`If-Match` names another version. Nothing was changed.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The `Idempotency-Key` was used for another request.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many tries; `Retry-After` says when to come again.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not just now; `Retry-After` says when to come again.",
}


class AutoSchema(openapi.AutoSchema):  # type: ignore[no-untyped-call]
    def get_override_parameters(self) -> list[Any]:
        if self.method == "POST" and getattr(self.view, "keeps_answers", False):
            return [*self._preconditions(), IDEMPOTENCY_KEY]
        return self._preconditions()

    def _preconditions(self) -> list[OpenApiParameter]:
        """Where the view deals in versions, each write of a single thing may name the one it is meant for."""
        if not getattr(self.view, "has_versions", False) or not getattr(self.view, "detail", False):
            return []
        if self.method == "GET":
            return [IF_NONE_MATCH] if self.view.action == "retrieve" else []
        return [IF_MATCH]


def add_problems(result: Schema, generator: Any, request: HttpRequest | None, public: bool) -> Schema:
    """Gives every operation the refusals that it can answer with. A hook of drf-spectacular."""
    for kind, components in COMPONENTS.items():
        result["components"].setdefault(kind, {}).update(components)
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            for status in _refusals(path, method, operation):
                refusal = {"$ref": "#/components/responses/Problem", "description": MEANING[status]}
                operation["responses"].setdefault(str(status.value), refusal)
            operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
    return result


def _refusals(path: str, method: str, operation: Schema) -> Iterator[HTTPStatus]:
    headers = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "header"}
    yield HTTPStatus.BAD_REQUEST
    if operation.get("security"):
        yield HTTPStatus.UNAUTHORIZED
    if method in WRITES:
        yield HTTPStatus.FORBIDDEN
    if "{" in path:
        yield HTTPStatus.NOT_FOUND
    if method in WRITES and ("{" in path or "Idempotency-Key" in headers):
        yield HTTPStatus.CONFLICT
    if "If-Match" in headers:
        yield HTTPStatus.PRECONDITION_FAILED
    if "Idempotency-Key" in headers:
        yield HTTPStatus.UNPROCESSABLE_ENTITY
    if method == "post":
        yield HTTPStatus.TOO_MANY_REQUESTS
    yield HTTPStatus.SERVICE_UNAVAILABLE
