"""A client for Djirgo: a task board that is also a durable work queue.

    from djirgo.client import Djirgo

    with Djirgo("https://tasks.example.org", token="djirgo_…") as client:
        client.create("Mend the roof", labels=["house"])
        for task in client.work("house"):
            with task:
                mend(task.text)

Address and token may also come from `DJIRGO_URL` and `DJIRGO_TOKEN`. It needs no Django and no settings.
"""

from djirgo.client.calls import UNSAID
from djirgo.client.comment import Comment
from djirgo.client.djirgo import Djirgo
from djirgo.client.errors import (
    AlreadyTaken,
    Conflict,
    DjirgoError,
    Forbidden,
    Invalid,
    LeaseLost,
    NotFound,
    Refused,
    ServerFailed,
    Stale,
    TooManyRequests,
    Unauthorized,
    Unreachable,
)
from djirgo.client.event import Event
from djirgo.client.job import Job
from djirgo.client.project import Project
from djirgo.client.task import Lease, Task
from djirgo.client.token import Token

__all__ = [
    "UNSAID",
    "AlreadyTaken",
    "Comment",
    "Conflict",
    "Djirgo",
    "DjirgoError",
    "Event",
    "Forbidden",
    "Invalid",
    "Job",
    "Lease",
    "LeaseLost",
    "NotFound",
    "Project",
    "Refused",
    "ServerFailed",
    "Stale",
    "Task",
    "Token",
    "TooManyRequests",
    "Unauthorized",
    "Unreachable",
]
