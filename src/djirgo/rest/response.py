"""What a view answers with."""

from collections.abc import ItemsView, Mapping
from http.cookies import SimpleCookie
from typing import Any

from django.http import HttpResponse
from django.http.response import ResponseHeaders

from djirgo.rest.renderers import JSONRenderer, dumps


class Headers(ResponseHeaders):
    """Django's; but nearly all that an answer says of itself are plain words, and those need no looking into."""

    def __setitem__(self, name: str, value: Any) -> None:
        if value.__class__ is str and value.isascii() and value.isprintable():
            self._store[name.lower()] = (name, value)
        else:
            super().__setitem__(name, value)

    def __contains__(self, name: object) -> bool:
        return str(name).lower() in self._store

    def items(self) -> ItemsView[str, str]:
        return self._store.values()  # type: ignore[return-value]


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
        """Sets what Django's would, which looks first what each of it could be."""
        self.status_code = status
        self.headers = Headers(headers or {})
        self.cookies = SimpleCookie()
        self.closed = False
        self._charset = self._reason_phrase = self._handler_class = None
        self._resource_closers: list[Any] = []
        self._container = [b"" if data is None else dumps(data)]
        if data is not None:
            self.headers["Content-Type"] = content_type
