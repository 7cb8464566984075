"""Which form an answer has: REST framework's way to find out, and a short one for what nearly everybody says."""

from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

ANYTHING = "*/*"


class Negotiation(DefaultContentNegotiation):
    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        first, said = renderers[0], request.META
        names_a_format = format_suffix or "format" in said.get("QUERY_STRING", "")
        if not names_a_format and said.get("HTTP_ACCEPT", ANYTHING) in (ANYTHING, first.media_type):
            return first, first.media_type
        return super().select_renderer(request, renderers, format_suffix)
