"""What a view answers with."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from djirgo.rest.renderers import JSONRenderer, dumps


class Response(HttpResponse):
    """JSON, written down at once; without data, an answer without a body.

    REST framework's own is a template that is rendered when the view is long done, for views with several forms. There
    is one form here, and nothing is left to be found out.
    """

    def __init__(
        self,
        data: Any = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content_type: str = JSONRenderer.media_type,
    ) -> None:
        super().__init__(b"" if data is None else dumps(data), content_type, status, headers=headers)
        if data is None:
            del self.headers["Content-Type"]
