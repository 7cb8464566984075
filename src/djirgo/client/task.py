"""A task, as it was when the server was asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from djirgo.client import instant
from djirgo.client.record import Record


@dataclass(frozen=True, kw_only=True)
class Lease(Record):
    """Until when the task is somebody's. Only whoever claimed it is told the token."""

    readers = {"expires_at": instant.read}

    expires_at: datetime
    token: str | None = field(default=None, repr=False)


def _lease(said: Mapping[str, object] | None) -> Lease | None:
    return None if said is None else Lease.read(said)


@dataclass(frozen=True, kw_only=True)
class Task(Record):
    readers = {
        "pub_date": instant.read,
        "updated_at": instant.read,
        "started_at": instant.maybe,
        "completed_at": instant.maybe,
        "due_at": instant.maybe,
        "labels": tuple,
        "blocked_by": tuple,
        "lease": _lease,
    }

    id: int
    text: str
    task_status: str
    owner: str
    performer: str | None
    pub_date: datetime
    perform_time: str
    perform_seconds: int
    is_running: bool
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    priority: str
    labels: tuple[str, ...]
    due_at: datetime | None
    ready: bool
    attempts: int
    failure_reason: str | None
    version: int
    project: int | None = None
    blocked_by: tuple[int, ...] = ()
    lease: Lease | None = None

    def held_by(self, token: str | None) -> Self:
        """The same, with the token in the lease that whoever holds it knows, and the server does not repeat."""
        if token is None or self.lease is None or self.lease.token is not None:
            return self
        return replace(self, lease=replace(self.lease, token=token))

    @property
    def title(self) -> str:
        """The first line of the text."""
        return self.text.partition("\n")[0]
