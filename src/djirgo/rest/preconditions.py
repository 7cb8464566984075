"""`ETag`, `If-Match` and `If-None-Match` (RFC 9110, 13.1) for things that carry a version."""

import re

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

ENTITY_TAG = re.compile(r'^"(\d{1,18})"$')
#: A version that nothing has: a tag that is well formed and not ours matches nothing.
NO_VERSION = -1


def etag(version: int) -> str:
    return f'"{version}"'


def required_version(request: Request) -> int | None:
    """The version that the write is meant for; None where any will do."""
    header = request.META.get("HTTP_IF_MATCH")
    if header is None or header.strip() == "*":
        return None
    versions = _versions(header, "If-Match")
    if len(versions) > 1:
        raise ValidationError({"If-Match": ["Name one entity tag."]})
    return versions[0]


def known_to_client(request: Request, version: int) -> bool:
    """Whether the client says that it has this version already."""
    header = request.META.get("HTTP_IF_NONE_MATCH")
    if header is None:
        return False
    return header.strip() == "*" or version in _versions(header.replace("W/", ""), "If-None-Match")


def _versions(header: str, name: str) -> list[int]:
    tags = [tag.strip() for tag in header.split(",")]
    if not all(re.match(r'^(W/)?"[\x21\x23-\x7e]*"$', tag) for tag in tags):
        raise ValidationError({name: ['An entity tag is a text in quotes, like "7".']})
    return [int(match[1]) if (match := ENTITY_TAG.match(tag)) else NO_VERSION for tag in tags]
