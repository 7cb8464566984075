"""The states of a task and the verbs between them.

                 assign                assign pause resume
                  ┌──┐                       ┌──┐
                  ▼  │       start           ▼  │       complete
    created ───▶  New  ───────────────▶  In_Progress  ───────────▶  Completed
                 ▲ │ ▲ ◀──────────────────│  │  │                      │
                 │ │ └─ release, fail, expire│  └─ fail (spent) ▶ Failed │
                 │ │                         │                    │  │   │
                 │ └────── cancel ──▶ Cancelled ◀──── cancel ─────┴──│   │
                 │                       │                           │   │
                 └────────────────────── reopen ─────────────────────┴───┘

Who may use a verb stands in `rules`. A status is never set by any other means.
"""

from datetime import UTC, datetime

from django.db import models

#: Where a task without a due date stands among those that have one: behind them all.
NEVER_DUE = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


class Status(models.TextChoices):
    NEW = "New"
    IN_PROGRESS = "In_Progress", "In progress"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELLED = "Cancelled"


#: Nobody waits for these any more.
FINISHED = frozenset({Status.COMPLETED, Status.CANCELLED})
OPEN = frozenset({Status.NEW, Status.IN_PROGRESS})


class Priority(models.IntegerChoices):
    """The API speaks of the names in lower case; the numbers are for sorting."""

    LOW = 0
    NORMAL = 1
    HIGH = 2
    URGENT = 3

    @property
    def word(self) -> str:
        return self.name.lower()

    @classmethod
    def words(cls) -> list[str]:
        return [priority.word for priority in cls]

    @classmethod
    def of(cls, word: str) -> "Priority":
        return cls[word.upper()]


class Verb(models.TextChoices):
    """What can be done with a task; the value is its name in the API and on the command line."""

    ASSIGN = "assign"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    RELEASE = "release"
    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"
    REOPEN = "reopen"
    EXPIRE = "expire"
    EDIT = "edit"
    CORRECT = "correct"
    DELETE = "delete"


#: The states in which a verb makes sense.
FROM: dict[Verb, frozenset[Status]] = {
    Verb.ASSIGN: frozenset({Status.NEW, Status.IN_PROGRESS}),
    Verb.START: frozenset({Status.NEW}),
    Verb.PAUSE: frozenset({Status.IN_PROGRESS}),
    Verb.RESUME: frozenset({Status.IN_PROGRESS}),
    Verb.RELEASE: frozenset({Status.IN_PROGRESS}),
    Verb.COMPLETE: frozenset({Status.IN_PROGRESS}),
    Verb.FAIL: frozenset({Status.IN_PROGRESS}),
    Verb.CANCEL: frozenset({Status.NEW, Status.IN_PROGRESS, Status.FAILED}),
    Verb.REOPEN: frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED}),
    Verb.EXPIRE: frozenset({Status.IN_PROGRESS}),
    Verb.EDIT: frozenset(Status),
    Verb.CORRECT: frozenset(Status),
    Verb.DELETE: frozenset(Status),
}

#: The verbs by which a task becomes finished, or stops being so: those that wait for it are told.
SETTLING = frozenset({Verb.COMPLETE, Verb.CANCEL, Verb.REOPEN, Verb.DELETE})

#: What setting the status amounts to, for clients that set it: the same verbs by another name.
MOVES: dict[tuple[Status, Status], tuple[Verb, ...]] = {
    (Status.NEW, Status.IN_PROGRESS): (Verb.START,),
    (Status.NEW, Status.COMPLETED): (Verb.START, Verb.COMPLETE),
    (Status.IN_PROGRESS, Status.COMPLETED): (Verb.COMPLETE,),
    (Status.IN_PROGRESS, Status.NEW): (Verb.RELEASE,),
    (Status.COMPLETED, Status.NEW): (Verb.REOPEN,),
    (Status.NEW, Status.CANCELLED): (Verb.CANCEL,),
    (Status.IN_PROGRESS, Status.CANCELLED): (Verb.CANCEL,),
    (Status.FAILED, Status.CANCELLED): (Verb.CANCEL,),
}
