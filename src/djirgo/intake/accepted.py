"""What was taken in: the message that says who wants which tasks, as it lies in the queue until it is written."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import orjson

from djirgo.events.message import Unreadable
from djirgo.tasks.models import Priority

#: How a word comes back from JSON, where it is not what it was.
DECODED: dict[str, Callable[[Any], Any]] = {
    "priority": Priority,
    "due_at": lambda said: said and datetime.fromisoformat(said),
}

Words = Mapping[str, Any]


@dataclass(frozen=True)
class Accepted:
    id: uuid.UUID
    at: datetime
    user: int
    #: The session's version of the user's credentials; None where an API token was shown.
    credentials_version: int | None
    api_token: int | None
    #: What the client calls the request; empty where it has no name.
    key: str
    #: Whether it was a list.
    is_many: bool
    #: What each task is to be, checked as far as that is possible without the database. The project is its id.
    tasks: Sequence[Words]

    @property
    def type(self) -> str:
        """Which queue it goes to."""
        return "many" if self.is_many else "one"

    @property
    def is_linked(self) -> bool:
        """Whether something of it waits for other tasks."""
        return any(words.get("blocked_by") for words in self.tasks)

    def body(self) -> bytes:
        return orjson.dumps(self)

    @classmethod
    def parse(cls, body: bytes) -> Self:
        try:
            said = orjson.loads(body)
            said["id"] = uuid.UUID(said["id"])
            said["at"] = datetime.fromisoformat(said["at"])
            said["tasks"] = [_decoded(words) for words in said["tasks"]]
            accepted = cls(**said)
            accepted._check()
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            raise Unreadable(f"nothing that was taken in: {problem!r}") from None
        return accepted

    def _check(self) -> None:
        """What the database is asked with is what it can be asked with."""
        ids = (self.user, self.credentials_version or 0, self.api_token or 0)
        if not (all(type(id_) is int and id_ < 2**63 for id_ in ids) and type(self.key) is str and self.tasks):
            raise ValueError("an id is a number, a key is a text, and there is at least one task")


def _decoded(words: Words) -> dict[str, Any]:
    return {name: DECODED[name](said) if name in DECODED else said for name, said in words.items()}
