"""The task, and the one door through which its status changes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self, TypedDict, Unpack

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from djirgo.accounts.models import User
from djirgo.errors import Conflict, Invalid, Missing, Stale
from djirgo.tasks import events
from djirgo.tasks.models import rules
from djirgo.tasks.models.label import Label, checked_labels
from djirgo.tasks.models.queryset import TaskQuerySet
from djirgo.tasks.models.status import FROM, MOVES, NEVER_DUE, Priority, Status, Verb
from djirgo.tasks.models.work import WorkInterval, microseconds
from djirgo.tasks.representation import represent, row_of

LONGEST_TEXT = 10_000


class TaskGone(Missing):
    """It was deleted while somebody was about to change it."""


class AlreadyTaken(Conflict):
    code = "already_taken"


class InvalidTransition(Conflict):
    code = "invalid_transition"


class StaleVersion(Stale):
    code = "stale_version"


class InvalidText(Invalid):
    code = "invalid_text"


class InvalidPerformer(Invalid):
    code = "invalid_performer"


class Edits(TypedDict, total=False):
    """What its owner may write into a task."""

    text: str
    priority: Priority
    labels: Sequence[str]
    due_at: datetime | None


class Task(models.Model):
    text = models.TextField()
    status = models.CharField(max_length=11, choices=Status, default=Status.NEW)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="owned_tasks", db_index=False)
    performer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="tasks", db_index=False
    )
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    labels = models.JSONField(default=list)
    due_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    #: The sum of the intervals that have ended. The one that has not began at `running_since`.
    worked_microseconds = models.BigIntegerField(default=0)
    running_since = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    failure_reason = models.TextField(null=True)
    version = models.PositiveIntegerField(default=1)
    #: Sorts the tasks that are never due last, and never null, so that one index serves both ends of the list.
    due_order = models.GeneratedField(
        expression=Coalesce("due_at", Value(NEVER_DUE)), output_field=models.DateTimeField(), db_persist=True
    )

    objects = TaskQuerySet.as_manager()

    _expected_version: int | None = None

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="a_task_has_a_known_status"),
            models.CheckConstraint(condition=~Q(text=""), name="a_task_says_something"),
            models.CheckConstraint(
                condition=~Q(status=Status.IN_PROGRESS) | Q(performer__isnull=False),
                name="a_task_in_progress_is_in_somebodys_hands",
            ),
            models.CheckConstraint(
                condition=Q(running_since=None) | Q(status=Status.IN_PROGRESS),
                name="the_clock_runs_only_while_in_progress",
            ),
        ]
        # Each list of the API is one of these, read in either direction. They end in the id, as every order does.
        indexes = [
            models.Index(fields=["status", "id"], name="task_status"),
            models.Index(fields=["owner", "id"], name="task_owner"),
            models.Index(fields=["performer", "id"], name="task_performer"),
            # PostgreSQL does not see that an index that starts with the performer keeps those without in order.
            models.Index(fields=["id"], condition=Q(performer=None), name="task_nobodys"),
            models.Index(fields=["priority", "id"], name="task_priority"),
            models.Index(fields=["created_at", "id"], name="task_created"),
            models.Index(fields=["updated_at", "id"], name="task_updated"),
            models.Index(fields=["due_order", "id"], name="task_due"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.title}"

    @property
    def title(self) -> str:
        return self.text.partition("\n")[0]

    # --- Coming and going -----------------------------------------------------------------------------------------

    @classmethod
    def create(cls, *, by: User, at: datetime, **edits: Unpack[Edits]) -> "Task":
        """Put a task in. It is new, and nobody's yet."""
        task = cls(owner=by, created_at=at, updated_at=at)
        task._write(edits)
        checked_text(task.text)
        with transaction.atomic():
            task.save(force_insert=True)
            task._index_labels()
            events.record(events.CREATED, task=task.shown(now=at), before={}, by=by, at=at)
        return task

    def edit(self, *, by: User | None, at: datetime, **edits: Unpack[Edits]) -> Self:
        with self._changing(Verb.EDIT, by=by, at=at):
            self._write(edits)
            if "labels" in edits:
                self._index_labels()
        return self

    def delete_for_good(self, *, by: User | None, at: datetime) -> None:
        """Erase the task and its intervals. Its events stay, the last of which says that it is gone."""
        with transaction.atomic():
            self._lock()
            self._check(Verb.DELETE, by)
            shown = self.shown(now=at)
            events.record(events.TYPE_OF[Verb.DELETE], task=shown, before=shown, by=by, at=at)
            self.delete()

    # --- The verbs ------------------------------------------------------------------------------------------------

    def assign(self, performer: User | None, *, by: User | None, at: datetime) -> Self:
        """Put it into somebody's hands, or, while it is new, out of them. A clock that runs for another stops."""
        with self._changing(Verb.ASSIGN, by=by, at=at, performer=performer) as now:
            if performer is None and self.status != Status.NEW:
                raise InvalidTransition("A task in progress is taken from its performer by releasing it.")
            if performer and not performer.is_active:
                raise InvalidPerformer("This account is closed.", field="performer")
            if performer != self.performer:
                self._stop_clock(now)
                self.performer = performer
        return self

    def start(self, *, by: User, at: datetime) -> Self:
        with self._changing(Verb.START, by=by, at=at) as now:
            self.status = Status.IN_PROGRESS
            self.performer = by
            self.started_at = self.started_at or now
            self._start_clock(by, now)
        return self

    def pause(self, *, by: User, at: datetime) -> Self:
        with self._changing(Verb.PAUSE, by=by, at=at) as now:
            if not self.is_running:
                raise InvalidTransition("The clock is not running.")
            self._stop_clock(now)
        return self

    def resume(self, *, by: User, at: datetime) -> Self:
        with self._changing(Verb.RESUME, by=by, at=at) as now:
            if self.is_running:
                raise InvalidTransition("The clock is running already.")
            self._start_clock(by, now)
        return self

    def release(self, *, by: User | None, at: datetime) -> Self:
        """Give it back. The time worked on it stays."""
        with self._changing(Verb.RELEASE, by=by, at=at) as now:
            self._stop_clock(now)
            self._return_to_new()
        return self

    def complete(self, *, by: User, at: datetime) -> Self:
        with self._changing(Verb.COMPLETE, by=by, at=at) as now:
            self._stop_clock(now)
            self.status = Status.COMPLETED
            self.completed_at = now
        return self

    def fail(self, reason: str = "", *, retry: bool = True, by: User, at: datetime) -> Self:
        """Give up on it. It comes back until its attempts are spent, unless trying again is of no use."""
        with self._changing(Verb.FAIL, by=by, at=at) as now:
            self._stop_clock(now)
            self.attempts += 1
            self.failure_reason = reason
            if retry and self.attempts < settings.MAX_ATTEMPTS:
                self._return_to_new()
            else:
                self.status = Status.FAILED
        return self

    def cancel(self, *, by: User | None, at: datetime) -> Self:
        with self._changing(Verb.CANCEL, by=by, at=at) as now:
            self._stop_clock(now)
            self.status = Status.CANCELLED
        return self

    def reopen(self, *, by: User, at: datetime) -> Self:
        with self._changing(Verb.REOPEN, by=by, at=at):
            self._return_to_new()
            self.attempts = 0
            self.failure_reason = None
        return self

    # --- Several at once ------------------------------------------------------------------------------------------

    @transaction.atomic
    def revise(self, status: Status | None, *, by: User, at: datetime, **edits: Unpack[Edits]) -> Self:
        """Set the status, the edits, or both: all of it or nothing."""
        self._lock()
        for verb in self._verbs_to(status, by):
            getattr(self, verb)(by=by, at=at)
        return self.edit(by=by, at=at, **edits) if edits else self

    def _verbs_to(self, status: Status | None, by: User) -> tuple[Verb, ...]:
        """The verbs that lead to the status; none where its performer set it already, or nobody has the task."""
        if status is None or (status == self.status and self.performer_id in (None, by.pk)):
            return ()
        if status == self.status == Status.IN_PROGRESS:
            raise self._taken()
        verbs = MOVES.get((Status(self.status), status))
        if not verbs:
            raise InvalidTransition(f"The status of a task that is {self.status} cannot be set to {status}.")
        return verbs

    # --- Looking at it --------------------------------------------------------------------------------------------

    @property
    def is_running(self) -> bool:
        return self.running_since is not None

    def shown(self, *, now: datetime) -> dict[str, Any]:
        """The task as the API and the events show it."""
        return represent(row_of(self), now=now)

    def expecting(self, version: int | None) -> Self:
        """Let the next change go ahead only if the task is still at this version."""
        self._expected_version = version
        return self

    # --- The door -------------------------------------------------------------------------------------------------

    @contextmanager
    def _changing(
        self, verb: Verb, *, by: User | None, at: datetime, performer: User | None = None
    ) -> Iterator[datetime]:
        """Lock, check, let the verb change the fields, and write the task and its event: all of it or nothing.

        Gives the instant of the change: `at`, but never earlier than the change before it, because whoever waited for
        the lock may have looked at the clock first. Where the verb changed nothing, nothing is written.
        """
        with transaction.atomic():
            self._lock()
            self._check(verb, by, performer)
            now = max(at, self.updated_at)
            before = self.shown(now=now)
            yield now
            after = self.shown(now=now)
            if after == before:
                return
            self.version += 1
            self.updated_at = now
            self.save()
            events.record(events.TYPE_OF[verb], task=self.shown(now=now), before=before, by=by, at=now)

    def _lock(self) -> None:
        """Read the row anew and keep others from it until the transaction ends. What was not saved is discarded."""
        locked = Task.objects.select_related("owner", "performer").select_for_update(of=("self",))
        try:
            self.refresh_from_db(from_queryset=locked)
        except Task.DoesNotExist:
            raise TaskGone("There is no such task.") from None
        expected, self._expected_version = self._expected_version, None
        if expected not in (None, self.version):
            raise StaleVersion(f"The task is at version {self.version} by now.")

    def _check(self, verb: Verb, by: User | None, performer: User | None = None) -> None:
        """The state first, then the rules. Everybody may take a free task for themselves."""
        if verb == Verb.START and self.performer_id is not None and by and self.performer_id != by.pk:
            raise self._taken()
        if self.status not in FROM[verb]:
            raise InvalidTransition(f"“{verb}” is not possible while the task is {self.status}.")
        if verb == Verb.ASSIGN and by and performer in (by, None) and rules.anyone_while_free(self, by):
            return
        rules.require(by, verb, self)

    def _taken(self) -> AlreadyTaken:
        return AlreadyTaken(f"{self.performer} has this task.")

    # --- Its parts ------------------------------------------------------------------------------------------------

    def _start_clock(self, performer: User, now: datetime) -> None:
        WorkInterval.objects.create(task=self, performer=performer, started_at=now)
        self.running_since = now

    def _stop_clock(self, now: datetime) -> None:
        if self.running_since is None:
            return
        self.intervals.running().update(ended_at=now)
        self.worked_microseconds += microseconds(self.running_since, now)
        self.running_since = None

    def _return_to_new(self) -> None:
        self.status = Status.NEW
        self.performer = None

    def _write(self, edits: Edits) -> None:
        for name, value in edits.items():
            setattr(self, name, CHECKED.get(name, lambda value: value)(value))

    def _index_labels(self) -> None:
        self.label_index.exclude(name__in=self.labels).delete()
        Label.objects.bulk_create([Label(task=self, name=name) for name in self.labels], ignore_conflicts=True)


def checked_text(text: str) -> str:
    """The text without the white space around it."""
    trimmed = text.strip()
    if not 0 < len(trimmed) <= LONGEST_TEXT:
        raise InvalidText(f"A task says something in 1 to {LONGEST_TEXT:,} characters.", field="text")
    return trimmed


CHECKED: dict[str, Any] = {"text": checked_text, "labels": checked_labels}
