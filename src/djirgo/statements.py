"""Statements that are asked so often that to compile them would cost more than to answer them.

Each is written with Django's ORM like any other, with a `Slot` in the place of every value that is not known
beforehand. The ORM itself compiles it, when it is first asked, so that both databases are asked for what the code says;
and PostgreSQL keeps it prepared. What is asked now and then has no need of this.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from enum import Enum
from functools import cache, cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models.expressions import Expression
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=models.Model)
Row = tuple[Any, ...]
#: What both databases take as it is.
PLAIN = frozenset({int, str, bool, type(None)})


class Slot(Expression):
    """The place of a value that is said when the statement is asked."""

    def __init__(self, name: str) -> None:
        super().__init__(output_field=models.Field())
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return "%s", [self]


class OneOf(Slot):
    """The place of whole numbers behind an `__in`: they are one value, a JSON document, however many there are."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        if connection.vendor == "sqlite":
            return "(SELECT value FROM json_each(%s))", [self]
        return "(SELECT jsonb_array_elements_text(%s::jsonb)::bigint)", [self]

    @staticmethod
    def of(numbers: Iterable[int]) -> str:
        return orjson.dumps([*numbers]).decode()


class Statement(Generic[M]):
    """A query that is compiled once. `build` makes it, and is not called again.

    Where rows are only to be shown, their instants stay as the database writes them: half of the work of reading a
    list would be to make instants of texts, and texts of them again.
    """

    def __init__(self, build: Callable[[], "models.QuerySet[M, Any]"], *, instants_as_text: bool = False) -> None:
        self._build = build
        self._instants_as_text = instants_as_text
        self._compiled: Compiled | None = None

    def rows(self, **values: Any) -> list[Row]:
        """What was found, as plain rows."""
        compiled = self._compiled = self._compiled or Compiled(self._build(), self._instants_as_text)
        return compiled.rows(values)

    def row(self, **values: Any) -> Row | None:
        """The first of them."""
        return next(iter(self.rows(**values)), None)

    def all(self, **values: Any) -> list[M]:
        """As instances of the model, with what was selected beside them."""
        rows = self.rows(**values)
        return [self._compiled.instance(row) for row in rows] if self._compiled else []

    def one(self, **values: Any) -> M | None:
        """The first of them, as such an instance."""
        return next(iter(self.all(**values)), None)


class Compiled:
    """The text of a query, and how to read what it finds."""

    def __init__(self, query_set: "models.QuerySet[Any, Any]", instants_as_text: bool) -> None:
        self.instants_as_text = instants_as_text
        compiler = query_set.query.get_compiler(using=query_set.db)
        self.sql, parameters = _with_constants_written_out(*compiler.as_sql())
        self.places = [(p.name, None) if isinstance(p, Slot) else (None, p) for p in parameters]
        self.select = compiler.select[: compiler.col_count]
        readers = enumerate(_reader(column, instants_as_text) for column, *_ in self.select)
        self.readers = [(place, reader) for place, reader in readers if reader]
        if compiler.klass_info:
            self._read_instances(compiler, query_set.db)

    def rows(self, values: dict[str, Any]) -> list[Row]:
        said = [constant if name is None else values[name] for name, constant in self.places]
        found = fetch(self.sql, all_bound(said), instants_as_text=self.instants_as_text)
        return [self._read(row) for row in found] if self.readers else found

    def instance(self, row: Row) -> Any:
        instance = self.model.from_db(self.alias, self.names, row[self.first : self.last])
        for related in self.related:
            related.populate(row, instance)
        return instance

    def _read(self, row: Row) -> Row:
        values = list(row)
        for place, read in self.readers:
            if values[place] is not None:
                values[place] = read(values[place])
        return tuple(values)

    def _read_instances(self, compiler: Any, alias: str) -> None:
        """As Django's `ModelIterable` does."""
        self.alias = alias
        self.model = compiler.klass_info["model"]
        places = compiler.klass_info["select_fields"]
        self.first, self.last = places[0], places[-1] + 1
        self.names = [column.target.attname for column, *_ in self.select[self.first : self.last]]
        self.related = get_related_populators(compiler.klass_info, compiler.select, alias)  # type: ignore[call-arg]


def _with_constants_written_out(sql: str, parameters: Sequence[Any]) -> tuple[str, list[Any]]:
    """What is known beforehand belongs to the text: so the database sees that a partial index will do."""
    pieces = iter(sql.split("%s"))
    text, open_ = next(pieces), []
    for value, piece in zip(parameters, pieces, strict=True):
        literal = None if isinstance(value, Slot) else _literal(value)
        if literal is None:
            open_.append(value if isinstance(value, Slot) else _bound(value))
        text += ("%s" if literal is None else literal) + piece
    return text, open_


def _literal(value: Any) -> str | None:
    """A constant as SQL has it; None for what is better left to the driver."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return "'{}'".format(value.replace("'", "''").replace("%", "%%"))
    return str(int(value)) if isinstance(value, int) and not isinstance(value, bool) else None


# --- Values ---------------------------------------------------------------------------------------------------


class _Thread(threading.local):
    """Django's connection is the thread's own, and stays the same; to find it costs as much as to read a row."""

    @cached_property
    def connection(self) -> Any:
        return connections[DEFAULT_DB_ALIAS]


_thread = _Thread()


def fetch(sql: str, parameters: Sequence[Any] = (), *, instants_as_text: bool = False) -> list[Row]:
    found: list[Row] = _thread.connection.fetch(sql, parameters, instants_as_text)
    return found


def run(sql: str, parameters: Sequence[Any]) -> None:
    """For what nobody waits for: PostgreSQL is told of it together with whatever it is asked next."""
    _thread.connection.run(sql, parameters)


def all_bound(values: Iterable[Any]) -> list[Any]:
    return [value if value.__class__ in PLAIN else _bound(value) for value in values]


def _bound(value: Any) -> Any:
    """As the database takes it; what is a list or a dictionary here is JSON there."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | dict):
        return orjson.dumps(value).decode()
    if isinstance(value, datetime | UUID) and is_sqlite():
        return value.hex if isinstance(value, UUID) else value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return value


@cache
def is_sqlite() -> bool:
    """Asked once: to ask the connection costs as much as all else here."""
    return connection.vendor == "sqlite"


def _reader(column: Any, instants_as_text: bool) -> Callable[[Any], Any] | None:
    """How to read what PostgreSQL's driver does not read by itself, and SQLite's hardly anything of."""
    kind = getattr(column, "output_field", None)
    if isinstance(kind, models.GeneratedField):
        kind = kind.output_field
    if isinstance(kind, models.JSONField):
        return orjson.loads
    if not is_sqlite():
        return None
    if isinstance(kind, models.DateTimeField):
        return None if instants_as_text else _instant
    return {models.BooleanField: bool, models.UUIDField: UUID}.get(type(kind))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")
