"""Something that happened: a CloudEvent, as the feed and the history of a task show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from djirgo.client import instant
from djirgo.client.record import Record
from djirgo.client.task import Task


@dataclass(frozen=True, kw_only=True)
class Event(Record):
    readers = {"time": instant.read}

    id: str
    type: str
    subject: str
    time: datetime
    #: Its place in the log; None in a history, as long as it has none yet.
    sequence: int | None
    data: Mapping[str, Any]

    @property
    def actor(self) -> str | None:
        """Who did it; None where it was Djirgo itself."""
        return self.data.get("actor")

    @property
    def changed(self) -> Mapping[str, Mapping[str, Any]]:
        """`{"priority": {"from": "low", "to": "urgent"}}`: each field that is another than before."""
        return self.data.get("changed") or {}

    @property
    def task(self) -> Task | None:
        """The task after the change, where the event is about one."""
        said = self.data.get("task")
        return Task.read(said) if said else None
