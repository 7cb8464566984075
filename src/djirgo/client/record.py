"""What the server shows, as objects. Newer servers show more: it is in `said`, and disturbs nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, ClassVar, Self

from djirgo.client.errors import Unreachable


@dataclass(frozen=True, kw_only=True)
class Record:
    #: How a field is read that is not taken as it comes.
    readers: ClassVar[Mapping[str, Callable[[Any], Any]]] = MappingProxyType({})

    #: The whole document, as the server sent it.
    said: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def read(cls, said: Any) -> Self:
        try:
            known = {
                named.name: cls.readers.get(named.name, _as_it_comes)(said[named.name])
                for named in fields(cls)
                if named.name != "said" and named.name in said
            }
            return cls(**known, said=MappingProxyType(dict(said)))
        except (TypeError, ValueError, AttributeError):
            raise Unreachable(f"What came is not the {cls.__name__.lower()} that a Djirgo shows.") from None


def _as_it_comes(value: Any) -> Any:
    return value
