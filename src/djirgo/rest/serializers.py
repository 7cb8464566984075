"""Checking what a client sent: nothing unknown slips through, and every refusal names its field."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError


class Strict:
    """A mixin for serializers: a field that nobody knows is refused, a read-only one sent back is ignored."""

    #: Fields that the answer shows and this input does not take.
    shown_only: ClassVar[frozenset[str]] = frozenset()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields and name not in self.shown_only]  # type: ignore[attr-defined]
            if unknown:
                raise ValidationError({name: [ErrorDetail("There is no such field.", "unknown")] for name in unknown})
        return super().to_internal_value(data)  # type: ignore[misc]


class StrictSerializer(Strict, serializers.Serializer[Any]):
    """The base of our own input serializers. They check, and save nothing: that is the domain's part."""

    def get_fields(self) -> dict[str, Any]:
        """Declared once, and copied for each request: REST framework would make each of them anew.

        What was not said, and need not be, is left out.
        """
        return {name: _copy_of(field) for name, field in self._declared_fields.items() if self._matters(name, field)}

    def _matters(self, name: str, field: Any) -> bool:
        said = getattr(self, "initial_data", None)
        return not isinstance(said, dict) or name in said or field.required or field.default is not serializers.empty


def _copy_of(field: Any) -> Any:
    """A field that can be bound to another serializer. What it is made of is never changed, and shared."""
    if isinstance(field, serializers.BaseSerializer):
        return deepcopy(field)
    copy = object.__new__(type(field))
    vars(copy).update(vars(field))
    if isinstance(field, serializers.ListField):
        copy.child = _copy_of(field.child)
        copy.child.parent = copy
    return copy


class Text(serializers.CharField):
    """A text, and not a number that could be read as one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Truth(serializers.BooleanField):
    """True or false, and not a word or number that could be read as one of them."""

    def to_internal_value(self, data: Any) -> bool:
        return data if isinstance(data, bool) else self.fail("invalid", input=data)


class Number(serializers.FloatField):
    """A number, and neither a text nor a truth that could be read as one."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return float(super().to_internal_value(data))


class Instant(serializers.DateTimeField):
    """An instant that both databases can hold in every time zone."""

    default_error_messages = {"range": "An instant lies between the years 1900 and 9998."}

    def to_internal_value(self, value: Any) -> datetime:
        instant: datetime = super().to_internal_value(value)
        return in_range(instant) or self.fail("range")


def in_range(instant: datetime) -> datetime | None:
    """The instant in UTC, if it is one that can be kept."""
    return instant.astimezone(UTC) if 1900 <= instant.year <= 9998 else None
