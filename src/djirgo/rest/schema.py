"""The OpenAPI document: what the conventions add to every operation.

Views say what they take and what they answer. That a refusal is a problem document, that a POST may carry an
`Idempotency-Key`, and where `If-Match` is looked at, is the same everywhere and is added here.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from drf_spectacular import openapi
from drf_spectacular.plumbing import get_doc
from drf_spectacular.utils import OpenApiParameter

from djirgo.rest import problems
from djirgo.rest.serializers import Strict

Schema = dict[str, Any]

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


class AutoSchema(openapi.AutoSchema):
    def get_description(self) -> str:  # type: ignore[override]
        """What the view says about itself, and not what its base class says about all views."""
        action = getattr(self.view, getattr(self.view, "action", self.method.lower()), None)
        return str(get_doc(action) or (get_doc(type(self.view)) if type(self.view).__doc__ else ""))

    def get_override_parameters(self) -> list[Any]:
        return [*self._preconditions(), *([IDEMPOTENCY_KEY] if self._keeps_answers() else [])]

    def _get_response_bodies(self, direction: Any = "response") -> Schema:
        said: Schema = super()._get_response_bodies(direction)
        refusals = {str(status.value): _problem(MEANING[status]) for status in self._refusals()}
        return refusals | said | {"default": _problem("Any other refusal.")}

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Schema:
        """What refuses unknown fields says so. That read-only fields sent back are ignored stands in docs/api.md."""
        schema: Schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        kind = serializer if isinstance(serializer, type) else type(serializer)
        takes_nothing_else = direction == "request" and issubclass(kind, Strict)
        return schema | {"additionalProperties": False} if takes_nothing_else else schema

    def _refusals(self) -> Iterator[HTTPStatus]:
        yield HTTPStatus.BAD_REQUEST
        if self.view.get_authenticate_header(self.view.request):
            yield HTTPStatus.UNAUTHORIZED
        if self._writes():
            yield HTTPStatus.FORBIDDEN
        if self._is_about_one():
            yield HTTPStatus.NOT_FOUND
        if self._keeps_answers() or (self._writes() and self._is_about_one()):
            yield HTTPStatus.CONFLICT
        if IF_MATCH in self._preconditions():
            yield HTTPStatus.PRECONDITION_FAILED
        if self._keeps_answers():
            yield HTTPStatus.UNPROCESSABLE_ENTITY
        if self.method == "POST":
            yield HTTPStatus.TOO_MANY_REQUESTS
        yield HTTPStatus.SERVICE_UNAVAILABLE

    def _preconditions(self) -> list[OpenApiParameter]:
        """Where the view deals in versions, whoever asks for a thing or writes it may name the one that they know."""
        if not (getattr(self.view, "has_versions", False) and self._is_about_one()):
            return []
        if self._writes():
            return [IF_MATCH]
        return [IF_NONE_MATCH] if getattr(self.view, "action", "") == "retrieve" else []

    def _keeps_answers(self) -> bool:
        return self.method == "POST" and getattr(self.view, "keeps_answers", False)

    def _writes(self) -> bool:
        return self.method != "GET"

    def _is_about_one(self) -> bool:
        return "{" in self.path


def _problem(description: str) -> Schema:
    return {"$ref": "#/components/responses/Problem", "description": description}


def add_problems(result: Schema, generator: Any, request: HttpRequest | None, public: bool) -> Schema:
    """A hook of drf-spectacular: the parts that every operation points to, also one that was written out by hand."""
    for kind, components in COMPONENTS.items():
        result["components"].setdefault(kind, {}).update(components)
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"].setdefault("default", _problem("A refusal."))
    return result
