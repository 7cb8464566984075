"""What every view of the API keeps to."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework import generics, viewsets
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from djirgo.rest.idempotency import answer_once, read_whole
from djirgo.rest.pages import KeysetPagination, Ordering
from djirgo.rest.response import Response

_headers_of: dict[Any, dict[str, str]] = {}
PAGE_PARAMETERS = frozenset({"cursor", "page_size", "ordering"})


class Conventions:
    """A mixin, first in line: an unknown query parameter is refused, and a POST with a key is answered once."""

    #: Query parameters beside those of the pages.
    query_parameters: ClassVar[frozenset[str]] = frozenset()
    #: False where the answer is a secret, which is not written down: such a POST is simply done again.
    keeps_answers: ClassVar[bool] = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        if isinstance(response, Response):
            self._let_go()
        return response

    def _let_go(self) -> None:
        """View and request hold each other, and would wait for the collector: what is written down needs neither."""
        self.request.parser_context.clear()  # type: ignore[attr-defined]
        vars(self).clear()

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """REST framework looks for what its request does not have in Django's, each time anew."""
        wrapped: Request = super().initialize_request(request, *args, **kwargs)  # type: ignore[misc]
        wrapped.method, wrapped.META = request.method, request.META
        return wrapped

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        method, said = request.method, request.META
        if method not in self.headers["Allow"].split(", "):  # type: ignore[attr-defined]
            return  # to be answered with 405
        if said.get("QUERY_STRING"):
            self._refuse_unknown_parameters(request)
        is_kept = self.keeps_answers and method == "POST" and "HTTP_IDEMPOTENCY_KEY" in said
        if is_kept:
            read_whole(request)
        self.before_answering(request)
        if is_kept:
            handler = self.post  # type: ignore[has-type]
            self.post = partial(answer_once, handler, self._refusal)

    def perform_authentication(self, request: Request) -> None:
        """REST framework reads the user, a property, and wraps the errors that would make it seem not to be there."""
        request._authenticate()  # type: ignore[attr-defined]

    @property
    def default_response_headers(self) -> dict[str, str]:
        """The same for every request of a kind."""
        kind = type(self), tuple(getattr(self, "action_map", ())), len(self.renderer_classes)  # type: ignore[attr-defined]
        if kind not in _headers_of:
            _headers_of[kind] = super().default_response_headers  # type: ignore[misc]
        return _headers_of[kind].copy()

    def before_answering(self, request: Request) -> None:
        """What has to happen before, and outside of the transaction in which a POST with a key is answered."""

    def allowed_parameters(self, request: Request) -> frozenset[str]:
        """What may stand behind the `?` of this request."""
        return self.query_parameters

    def _refuse_unknown_parameters(self, request: Request) -> None:
        unknown = [name for name in request.query_params if name not in self.allowed_parameters(request)]
        if unknown:
            raise ValidationError(
                {name: [ErrorDetail("There is no such query parameter.", "unknown")] for name in unknown}
            )
        if repeated := [name for name, values in request.query_params.lists() if len(values) > 1]:
            raise ValidationError({name: [ErrorDetail("Say it once.", "repeated")] for name in repeated})

    def _refusal(self, exc: Exception) -> Any:
        return self.handle_exception(exc)  # type: ignore[attr-defined]


class GenericAPIView(Conventions, generics.GenericAPIView[Any]):
    pass


class GenericViewSet(Conventions, viewsets.GenericViewSet[Any]):
    """Lists are pages, in one of the view's `orderings`, the first of which holds where none is asked for."""

    pagination_class = KeysetPagination
    orderings: ClassVar[tuple[Ordering, ...]] = (Ordering("-id", "id", True),)

    def default_ordering(self, request: Request) -> Ordering:
        return self.orderings[0]

    def get_paginated_response(self, data: Any) -> Response:  # type: ignore[override]
        return self.paginator.get_paginated_response(data)  # type: ignore[union-attr, return-value]

    def order_value(self, row: Any, column: str) -> Any:
        return getattr(row, column)

    def lists(self, queryset: QuerySet[Any, Any]) -> Sequence[QuerySet[Any, Any]]:
        return [queryset]

    def allowed_parameters(self, request: Request) -> frozenset[str]:
        return self.query_parameters | PAGE_PARAMETERS if self.action == "list" else frozenset()
