"""`Prefer: respond-async` (RFC 7240): the client would rather have a quick answer than the result."""

import re

from django.http import HttpRequest
from rest_framework.request import Request

RESPOND_ASYNC = "respond-async"


def prefers_async(request: HttpRequest | Request) -> bool:
    """Of several preferences, separated by commas, each may have a value and parameters, quoted or not."""
    said = re.sub(r'"[^"]*"', "", request.META.get("HTTP_PREFER", ""))
    return any(re.split("[;=]", one)[0].strip().lower() == RESPOND_ASYNC for one in said.split(","))
