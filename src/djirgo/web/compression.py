"""Pages and what they are made of travel compressed. Answers of the API do not: they keep their strong ETags."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

AS_THEY_ARE = ("/api/", "/healthz", "/readyz", "/metrics")
WEAK = "W/"


class CompressPages(GZipMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        """A file that was compressed on its way got a weak tag, and is known to whitenoise by its own."""
        known = request.META.get("HTTP_IF_NONE_MATCH", "")
        if known.startswith(WEAK) and not request.path.startswith(AS_THEY_ARE):
            request.META["HTTP_IF_NONE_MATCH"] = known.removeprefix(WEAK)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith(AS_THEY_ARE):
            return response
        return super().process_response(request, response)
