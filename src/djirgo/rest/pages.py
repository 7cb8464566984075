"""Pages by keyset: each begins beyond the last row of the one before, whatever was written in between.

No page costs more than the first one, because there is no offset and no count. The order is always one column and
then the id, which an index `(column, id)` serves in either direction.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar, NamedTuple, Protocol, Self
from urllib.parse import urlencode

import orjson
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, Expression, F, Field, GeneratedField, Model, Q, QuerySet, Value
from django.db.models.expressions import Func
from rest_framework.exceptions import ValidationError as InvalidInput
from rest_framework.pagination import BasePagination
from rest_framework.request import Request

from djirgo.rest.response import Response

DEFAULT_SIZE = 50
LARGEST_SIZE = 200


class Ordering(NamedTuple):
    """One of the orders that a list may be asked for: the API's name for it, and the column behind it."""

    name: str
    column: str
    descending: bool

    def columns(self, *, backwards: bool = False) -> list[str]:
        sign = "-" if self.descending != backwards else ""
        names = [self.column] if self.column == "id" else [self.column, "id"]
        return [sign + name for name in names]


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two rows, and the direction to go from there."""

    ordering: str
    value: Any
    id: int
    backwards: bool = False

    def encode(self) -> str:
        packed = orjson.dumps([self.ordering, self.value, self.id, self.backwards], default=str)
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def decode(cls, token: str) -> Self:
        try:
            packed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            ordering, value, id_, backwards = orjson.loads(packed)
        except (ValueError, TypeError, binascii.Error):
            raise bad_cursor() from None
        known = isinstance(ordering, str) and type(id_) is int and abs(id_) < 2**63 and isinstance(backwards, bool)
        if not known or not isinstance(value, str | int) or isinstance(value, bool):
            raise bad_cursor()
        return cls(ordering, value, id_, backwards)


def bad_cursor() -> InvalidInput:
    return InvalidInput({"cursor": ["This is no cursor that the list has given out."]}, code="invalid_cursor")


class Beyond(Func):
    """`(column, id) > (value, id)` as one row comparison, which both databases answer from one range of an index."""

    output_field = BooleanField()

    def __init__(self, *expressions: Expression | F, operator: str) -> None:
        super().__init__(*expressions)
        self.operator = operator

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        parts = [compiler.compile(expression) for expression in self.source_expressions]
        (column, a), (key, b), (value, c), (id_, d) = parts
        return f"({column}, {key}) {self.operator} ({value}, {id_})", [*a, *b, *c, *d]


#: The value of the column that a list is ordered by, and the id, of the last row that has been seen.
Place = tuple[Any, int]


class Prepared(Protocol):
    """A list that knows a quicker way to a page of it than a query set."""

    model: type[Model]

    def page(self, ordering: Ordering, place: Place | None, backwards: bool, wanted: int) -> list[Any]: ...


class Listing(Protocol):
    """What the pages ask of a view: its orders, the one that holds where none is named, and the value of a column.

    A list that no single index serves may be several `lists` in one. They may overlap: what stands in two comes once.
    """

    orderings: ClassVar[tuple[Ordering, ...]]

    def default_ordering(self, request: Request) -> Ordering: ...

    def order_value(self, row: Any, column: str) -> Any: ...

    def lists(self, queryset: QuerySet[Any, Any]) -> Sequence[QuerySet[Any, Any]]: ...


class KeysetPagination(BasePagination):
    """Hangs on REST framework's hook for pagination."""

    view: Listing
    size: int
    ordering: Ordering
    cursor: Cursor | None
    place: Place | None
    has_more: bool

    def paginate_queryset(  # type: ignore[override]
        self, queryset: QuerySet[Any, Any], request: Request, view: Listing
    ) -> list[Any]:
        self.request, self.view = request, view
        self.size = page_size(request)
        self.ordering = self._ordering(request.query_params.get("ordering"))
        self.cursor = self._cursor(request.query_params.get("cursor"))
        backwards = self.cursor is not None and self.cursor.backwards
        self.place = self._place(queryset.model, self.cursor) if self.cursor else None
        rows = self._first(self.view.lists(queryset), backwards=backwards)
        self.has_more = len(rows) > self.size
        self.page = rows[: self.size]
        if backwards:
            self.page.reverse()
        return self.page

    def get_paginated_response(self, data: Any) -> Response:  # type: ignore[override]
        return Response({"next": self._next(), "previous": self._previous(), "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": LARGEST_SIZE, "default": DEFAULT_SIZE}
        orders = {"type": "string", "enum": [ordering.name for ordering in view.orderings]}
        return [
            {
                "name": "cursor",
                "in": "query",
                "schema": {"type": "string"},
                "description": "From `next` or `previous`.",
            },
            {"name": "page_size", "in": "query", "schema": size},
            *([{"name": "ordering", "in": "query", "schema": orders}] if len(view.orderings) > 1 else []),
        ]

    def _ordering(self, name: str | None) -> Ordering:
        """The order asked for; with a cursor and no name, the order of the cursor; else the view's own."""
        known: dict[str, Ordering] = {ordering.name: ordering for ordering in self.view.orderings}
        if name is None:
            return self.view.default_ordering(self.request)
        if name not in known:
            raise InvalidInput({"ordering": [f"Order by one of: {', '.join(known)}."]}, code="invalid_choice")
        return known[name]

    def _cursor(self, token: str | None) -> Cursor | None:
        if token is None:
            return None
        cursor = Cursor.decode(token)
        if cursor.ordering != self.ordering.name:
            raise bad_cursor()
        return cursor

    def _place(self, model: type[Model], cursor: Cursor) -> Place:
        if self.ordering.column == "id":
            return cursor.id, cursor.id
        return _as_stored(cursor.value, _field(model, self.ordering.column)), cursor.id

    def _first(self, lists: Sequence[QuerySet[Any, Any]], *, backwards: bool) -> list[Any]:
        """One row more than a page holds, to know whether there is another page."""
        wanted = self.size + 1
        found = [self._rows(one, backwards, wanted) for one in lists]
        if len(found) == 1:
            return found[0]
        value_of, column = self.view.order_value, self.ordering.column
        once = {value_of(row, "id"): row for row in chain(*found)}.values()
        descending = self.ordering.descending != backwards
        return sorted(once, key=lambda row: (value_of(row, column), value_of(row, "id")), reverse=descending)[:wanted]

    def _rows(self, one: "QuerySet[Any, Any] | Prepared", backwards: bool, wanted: int) -> list[Any]:
        if isinstance(one, QuerySet):
            return list(page(one, self.ordering, self.place, backwards)[:wanted])
        return one.page(self.ordering, self.place, backwards, wanted)

    def _next(self) -> str | None:
        going_back = self.cursor is not None and self.cursor.backwards
        return self._link(self.page[-1], backwards=False) if self.page and (going_back or self.has_more) else None

    def _previous(self) -> str | None:
        going_back = self.cursor is not None and self.cursor.backwards
        there_is = self.has_more if going_back else self.cursor is not None
        return self._link(self.page[0], backwards=True) if self.page and there_is else None

    def _link(self, row: Any, *, backwards: bool) -> str:
        value_of = self.view.order_value
        cursor = Cursor(self.ordering.name, value_of(row, self.ordering.column), value_of(row, "id"), backwards)
        return same_address(self.request, cursor=cursor.encode())


def same_address(request: Request, **changed: str) -> str:
    """What was asked for, but for these parameters. None stands in it twice: that is refused."""
    query = urlencode(request.query_params.dict() | changed)
    return f"{request.build_absolute_uri(request.path)}?{query}"


def page(
    queryset: QuerySet[Any, Any],
    ordering: Ordering,
    place: "Place | tuple[Expression, Expression] | None",
    backwards: bool,
) -> QuerySet[Any, Any]:
    """What lies beyond the place, in order."""
    if place:
        operator = "<" if ordering.descending != backwards else ">"
        queryset = queryset.filter(_beyond(queryset.model, ordering, place, operator))
    return queryset.order_by(*ordering.columns(backwards=backwards))


def _beyond(model: type[Model], ordering: Ordering, place: tuple[Any, Any], operator: str) -> Q | Beyond:
    value, id_ = place
    if ordering.column == "id":
        return Q(**{f"id__{'lt' if operator == '<' else 'gt'}": id_})
    if not isinstance(value, Expression):
        value, id_ = Value(value, output_field=_field(model, ordering.column)), Value(id_)
    return Beyond(F(ordering.column), F("id"), value, id_, operator=operator)


def _field(model: type[Model], column: str) -> "Field[Any, Any]":
    field = model._meta.get_field(column)
    kept: Any = field.output_field if isinstance(field, GeneratedField) else field
    return kept  # type: ignore[no-any-return]


def page_size(request: Request) -> int:
    asked = request.query_params.get("page_size", str(DEFAULT_SIZE))
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 4 and 1 <= int(asked) <= LARGEST_SIZE):
        raise InvalidInput({"page_size": [f"Ask for 1 to {LARGEST_SIZE}."]}, code="invalid")
    return int(asked)


def _as_stored(value: Any, field: "Field[Any, Any]") -> Any:
    try:
        return field.to_python(value)
    except (ValidationError, OverflowError, ValueError):
        raise bad_cursor() from None
