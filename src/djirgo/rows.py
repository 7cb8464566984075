"""Making instances, and writing their rows, many of them or all the time, where no signal would find anybody.

What Django finds out about a model each time anew, also in `save` and `bulk_create`, is found out once here. The
statements are said as those of `djirgo.statements` are; of what nobody waits for, PostgreSQL hears together with
whatever it is asked next.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, Self, TypeVar

import orjson
from django.db import connection, models

from djirgo.statements import all_bound, fetch, is_sqlite, run

M = TypeVar("M", bound=models.Model)


class ReadAsItIs(models.Model):
    """A model whose rows are read as they are: Django asks each field of each row what it is."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **_: Any) -> Self:
        """As Django's own; what was not asked for is left out here too, and asked for when it is missed."""
        instance: Self = _bare(cls)
        instance._state.db = db
        instance._state.adding = False
        vars(instance).update(zip(field_names, values, strict=True))
        return instance


def _bare(model: type[Any]) -> Any:
    instance = object.__new__(model)
    instance._state = models.base.ModelState()
    return instance


def new(model: type[M], **values: Any) -> M:
    """What `model(**values)` makes, without asking each field anew what it is until it is said."""
    constants, made, relations = _beginning(model)
    instance: M = _bare(model)
    known = vars(instance)
    known.update(constants)
    for name, make in made:
        known[name] = make()
    for name, value in values.items():
        if name in known:
            known[name] = value
        elif name in relations:
            known[relations[name]] = value and value.pk
            instance._state.fields_cache[name] = value
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
    if is_sqlite():
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
    run(_change(model, tuple(values), column), all_bound([*values.values(), value]))


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
    if is_sqlite():
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
def _beginning(model: type[models.Model]) -> tuple[dict[str, Any], Sequence[Any], dict[str, str]]:
    """What a new instance has: the same for all, made for each, and what it can be related to, by names."""
    fields = [field for field in model._meta.local_concrete_fields if not field.generated]
    made = {field.attname: field.default for field in fields if field.has_default() and callable(field.default)}
    constants = {field.attname: None if field.attname in made else field.get_default() for field in fields}
    return constants, tuple(made.items()), {field.name: field.attname for field in fields if field.is_relation}


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


# --- Their values ----------------------------------------------------------------------------------------------------


def _ready(instance: models.Model, *, add: bool) -> dict[str, Any]:
    """The values of an instance that is about to be written."""
    for field in _made_when_saved(type(instance)):
        field.pre_save(instance, add)
    return vars(instance)


def _stored(fields: Sequence[Any], values: dict[str, Any]) -> list[Any]:
    """The values of the fields in the form in which the database takes them."""
    return all_bound([values[field.attname] for field in fields])
