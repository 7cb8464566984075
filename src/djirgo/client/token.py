"""An API token, as the list of tokens shows it. The token itself is shown once, to whoever makes it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from djirgo.client import instant
from djirgo.client.record import Record


@dataclass(frozen=True, kw_only=True)
class Token(Record):
    readers = {"scopes": tuple, "expires_at": instant.maybe}

    id: int
    name: str
    scopes: Sequence[str] = ()
    expires_at: datetime | None = None
    token: str | None = field(default=None, repr=False)
