"""What somebody said about a task."""

from dataclasses import dataclass

from djirgo.client.record import Record


@dataclass(frozen=True, kw_only=True)
class Comment(Record):
    id: int
    text: str
