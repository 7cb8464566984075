"""What a reader of events receives, whichever broker brought it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import orjson

from djirgo.events.envelope import envelope
from djirgo.events.models import Event


class Unreadable(ValueError):
    """Not an envelope of ours."""


@dataclass(frozen=True, slots=True)
class Message:
    envelope: Mapping[str, Any]

    @classmethod
    def of(cls, event: Event) -> Self:
        return cls(envelope(event))

    @classmethod
    def parse(cls, body: bytes) -> Self:
        try:
            message = cls(orjson.loads(body))
            message.id, message.type, message.subject, message.time, message.sequence, message.data  # noqa: B018
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            raise Unreadable(f"not an event: {problem!r}") from None
        return message

    def body(self) -> bytes:
        return orjson.dumps(self.envelope)

    @property
    def id(self) -> uuid.UUID:
        return uuid.UUID(self.envelope["id"])

    @property
    def type(self) -> str:
        return str(self.envelope["type"])

    @property
    def subject(self) -> str:
        return str(self.envelope["subject"])

    @property
    def time(self) -> datetime:
        return datetime.fromisoformat(self.envelope["time"])

    @property
    def sequence(self) -> int:
        return int(self.envelope["sequence"])

    @property
    def data(self) -> Mapping[str, Any]:
        data: Mapping[str, Any] = self.envelope["data"]
        return data

    def __str__(self) -> str:
        return f"{self.type} {self.subject} ({self.id})"
