"""An API token, as the list of tokens shows it. The token itself is shown once, to whoever makes it."""

from dataclasses import dataclass, field
from datetime import datetime

from djirgo.client import instant
from djirgo.client.record import Record


@dataclass(frozen=True, kw_only=True)
class Token(Record):
    readers = {
        "scopes": tuple,
        "created_at": instant.maybe,
        "expires_at": instant.maybe,
        "last_used_at": instant.maybe,
    }

    id: int
    name: str
    scopes: tuple[str, ...] = ()
    #: Whom it acts as.
    user: str | None = None
    #: What it begins with.
    prefix: str | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    token: str | None = field(default=None, repr=False)
