"""What somebody said about a task."""

from dataclasses import dataclass
from datetime import datetime

from djirgo.client import instant
from djirgo.client.record import Record


@dataclass(frozen=True, kw_only=True)
class Comment(Record):
    readers = {"created_at": instant.maybe, "edited_at": instant.maybe}

    id: int
    text: str
    author: str | None = None
    created_at: datetime | None = None
    edited_at: datetime | None = None
