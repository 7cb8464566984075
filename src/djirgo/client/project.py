"""A project: who sees its tasks, and who is given them."""

from dataclasses import dataclass

from djirgo.client.record import Record


@dataclass(frozen=True, kw_only=True)
class Project(Record):
    id: int
    name: str
    is_open: bool = False
    policy: str = "manual"
    #: What you are in it.
    role: str | None = None
