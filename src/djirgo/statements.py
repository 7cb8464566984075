"""Statements that are asked so often that to compile them would cost more than to answer them.

Each is written with Django's ORM like any other, with a `Slot` in the place of every value that is not known
beforehand. The ORM itself compiles it, when it is first asked, so that both databases are asked for what the code says;
and PostgreSQL keeps it prepared. What is asked now and then has no need of this.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import Enum
from functools import cache, cached_property, lru_cache
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
        found = fetch(self.sql, _all_bound(said), instants_as_text=self.instants_as_text)
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


def new(model: type[M], **values: Any) -> M:
    """What `model(**values)` makes, without asking each field anew what it is until it is said."""
    constants, made, relations = _beginning(model)
    instance = model.__new__(model)
    instance._state = models.base.ModelState()
    known = vars(instance)
    known.update(constants)
    for name, make in made:
        known[name] = make()
    for name, value in values.items():
        if name in known:
            known[name] = value
        elif name in relations:
            setattr(instance, name, value)
        else:
            raise TypeError(f"{model.__name__} has no field {name!r} that can be set")
    return instance


def insert_all(instances: Sequence[models.Model]) -> None:
    """Write new rows: what `save` would do for each, for a model of which nobody needs to hear."""
    if instances:
        for instance, (pk,) in zip(instances, fetch(*_insertion(instances)), strict=True):
            instance.pk = pk
            instance._state.adding = False


def note(*instances: models.Model) -> None:
    """Write new rows whose ids nobody asks for, and so nobody waits until they are written.

    They are written before anything else is asked. What is wrong with them is told then, at the latest by the commit.
    """
    if instances:
        run(*_insertion(instances))


def _insertion(instances: Sequence[models.Model]) -> tuple[str, list[Any]]:
    """Several are one value, which the database takes apart: thousands of statements take longer to say than to do."""
    model = type(instances[0])
    rows = [_ready(instance, add=True) for instance in instances]
    if len(rows) == 1:
        sql, fields = _insertion_of_one(model)
        return sql, _stored(fields, rows[0])
    sql, fields = _insertion_of_many(model)
    if _is_sqlite():
        said: Any = [_stored(fields, row) for row in rows]
    else:
        said = [{field.column: row[field.attname] for field in fields} for row in rows]
    return sql, [orjson.dumps(said).decode()]


def update(instance: models.Model, *, before: dict[str, Any]) -> None:
    """Write what has changed since the instance looked like `before`, its `vars`."""
    after = _ready(instance, add=False)
    fields = [field for field in _own_fields(type(instance)) if after[field.attname] != before[field.attname]]
    sql = _change(type(instance), tuple(field.column for field in fields), "id")
    run(sql, [*_stored(fields, after), instance.pk])


def update_all(model: type[models.Model], key: tuple[str, Any], values: dict[str, Any]) -> None:
    """Write the same into all rows that have this value in the column that is their key."""
    column, value = key
    run(_change(model, tuple(values), column), _all_bound([*values.values(), value]))


# --- Their texts ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _insertion_of_one(model: type[models.Model]) -> tuple[str, Sequence[Any]]:
    fields = _own_fields(model)
    columns = ", ".join(_quoted(field.column) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {_quoted(model._meta.db_table)} ({columns}) VALUES ({places}) RETURNING id", fields  # noqa: S608


@lru_cache(maxsize=64)
def _insertion_of_many(model: type[models.Model]) -> tuple[str, Sequence[Any]]:
    """PostgreSQL knows the types of the columns by their names; SQLite takes values by their places."""
    table, fields = _quoted(model._meta.db_table), _own_fields(model)
    columns = ", ".join(_quoted(field.column) for field in fields)
    if _is_sqlite():
        values = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(fields)))
        rows = "json_each(%s)"
    else:
        values, rows = columns, f"jsonb_populate_recordset(NULL::{table}, %s::jsonb)"
    return f"INSERT INTO {table} ({columns}) SELECT {values} FROM {rows} RETURNING id", fields  # noqa: S608


@lru_cache(maxsize=512)
def _change(model: type[models.Model], columns: tuple[str, ...], key: str) -> str:
    changes = ", ".join(f"{_quoted(column)} = %s" for column in columns)
    return f"UPDATE {_quoted(model._meta.db_table)} SET {changes} WHERE {_quoted(key)} = %s RETURNING id"  # noqa: S608


@lru_cache(maxsize=64)
def _own_fields(model: type[models.Model]) -> Sequence[Any]:
    """What is written: all but the key and what the database generates."""
    return [field for field in model._meta.local_concrete_fields if not (field.primary_key or field.generated)]


@lru_cache(maxsize=64)
def _beginning(model: type[models.Model]) -> tuple[dict[str, Any], Sequence[Any], frozenset[str]]:
    """What a new instance has: the same for all, made for each, and the names of what it can be related to."""
    fields = [field for field in model._meta.local_concrete_fields if not field.generated]
    made = {field.attname: field.default for field in fields if field.has_default() and callable(field.default)}
    constants = {field.attname: None if field.attname in made else field.get_default() for field in fields}
    return constants, tuple(made.items()), frozenset(field.name for field in fields if field.is_relation)


@lru_cache(maxsize=64)
def _made_when_saved(model: type[models.Model]) -> Sequence[Any]:
    """What is made of other fields, or of the clock."""
    return [field for field in _own_fields(model) if _makes_itself(field)]


def _makes_itself(field: Any) -> bool:
    if isinstance(field, models.DateField):
        return bool(field.auto_now or field.auto_now_add)
    return type(field).pre_save is not models.Field.pre_save


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


# --- Their values ---------------------------------------------------------------------------------------------------


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


def _ready(instance: models.Model, *, add: bool) -> dict[str, Any]:
    """The values of an instance that is about to be written."""
    for field in _made_when_saved(type(instance)):
        field.pre_save(instance, add)
    return vars(instance)


def _stored(fields: Sequence[Any], values: dict[str, Any]) -> list[Any]:
    """The values of the fields in the form in which the database takes them."""
    return _all_bound([values[field.attname] for field in fields])


def _all_bound(values: Iterable[Any]) -> list[Any]:
    return [value if value.__class__ in PLAIN else _bound(value) for value in values]


def _bound(value: Any) -> Any:
    """As the database takes it; what is a list or a dictionary here is JSON there."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | dict):
        return orjson.dumps(value).decode()
    if isinstance(value, datetime | UUID) and _is_sqlite():
        return value.hex if isinstance(value, UUID) else connection.ops.adapt_datetimefield_value(value)
    return value


@cache
def _is_sqlite() -> bool:
    """Asked once: to ask the connection costs as much as all else here."""
    return connection.vendor == "sqlite"


def _reader(column: Any, instants_as_text: bool) -> Callable[[Any], Any] | None:
    """How to read what PostgreSQL's driver does not read by itself, and SQLite's hardly anything of."""
    kind = getattr(column, "output_field", None)
    if isinstance(kind, models.GeneratedField):
        kind = kind.output_field
    if isinstance(kind, models.JSONField):
        return orjson.loads
    if not _is_sqlite():
        return None
    if isinstance(kind, models.DateTimeField):
        return None if instants_as_text else _instant
    return {models.BooleanField: bool, models.UUIDField: UUID}.get(type(kind))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")
