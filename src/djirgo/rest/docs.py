"""Where the OpenAPI document is served, for programs and for people."""

from functools import cache
from typing import Any

from django.utils import translation
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response


class SchemaView(SpectacularAPIView):
    """The document itself, as YAML or JSON. It is made once per process."""

    authentication_classes = ()

    def _get_schema_response(self, request: Request) -> Response:
        return Response(document())


class DocsView(SpectacularSwaggerSplitView):
    """The document for people to read and to try, with nothing fetched from elsewhere."""

    # What it can do besides being read would be a page for which there is no template.
    http_method_names = ("get", "head")
    authentication_classes = ()


@cache
def document() -> dict[str, Any]:
    """In English for everybody, whoever is the first to ask."""
    with translation.override("en"):
        document: dict[str, Any] = SchemaView.generator_class().get_schema(public=True)  # type: ignore[no-untyped-call]
    return document
