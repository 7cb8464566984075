"""The task, and the verbs that move it. What it is made of stands beside it:

    grip        Held        it is locked while it is changed
    lease       Leased      somebody has it for a time
    queued      Queued      its turn comes
    dependency  Dependent   it waits for others, and others for it
    door        Guarded     all of these, behind the one door through which a task changes
    work        Timed       its clock
    correction  Corrected   all of these, and how its time is put right

Every verb goes through the door.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple, Self, Unpack

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from djirgo.accounts.models import User
from djirgo.rows import insert_all, new, note
from djirgo.statements import Slot, Statement
from djirgo.tasks import events
from djirgo.tasks.models import rules
from djirgo.tasks.models.attempt import Attempt
from djirgo.tasks.models.correction import Corrected
from djirgo.tasks.models.door import AlreadyTaken, InvalidTransition
from djirgo.tasks.models.edits import Edits, InvalidProject, checked, checked_text
from djirgo.tasks.models.grip import TaskGone
from djirgo.tasks.models.indexes import INDEXES
from djirgo.tasks.models.lease import repeatable, seconds_for
from djirgo.tasks.models.project import GENERAL, Project
from djirgo.tasks.models.queryset import TaskQuerySet
from djirgo.tasks.models.status import MOVES, OPEN, Status, Verb
from djirgo.tasks.representation import represent, row_of

LEASE_RAN_OUT = "The lease ran out."


class Arrival(NamedTuple):
    """What somebody has sent, and when."""

    edits: Edits
    by: User
    at: datetime


class Task(Corrected):
    text = models.TextField()
    project = models.ForeignKey(Project, models.PROTECT, related_name="tasks", db_index=False, default=GENERAL)
    status = models.CharField(max_length=11, choices=Status, default=Status.NEW)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="owned_tasks", db_index=False)
    performer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="tasks", db_index=False
    )
    #: A person has put it into its performer's hands: it stays there when their lease runs out.
    is_assigned_by_a_person = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    failure_reason = models.TextField(null=True)
    objects = TaskQuerySet.as_manager()

    _row_to_change = Statement(lambda: Task.objects.filter(pk=Slot("id")).locked())
    _row_to_change_if_seen = Statement(lambda: Task.objects.filter(pk=Slot("id")).seen_by(Slot("user")).locked())

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
            models.CheckConstraint(
                condition=Q(lease_expires_at=None) | Q(status=Status.IN_PROGRESS),
                name="a_leased_task_is_in_progress",
            ),
        ]
        indexes = INDEXES

    def __str__(self) -> str:
        return f"{self.pk}: {self.title}"

    @property
    def title(self) -> str:
        return self.text.partition("\n")[0]

    # --- Coming and going -----------------------------------------------------------------------------------------

    @classmethod
    def create(cls, *, by: User, at: datetime, **edits: Unpack[Edits]) -> "Task":
        """Put a task in. It is new, and nobody's yet."""
        if "project" not in edits and (general := _general.one()):
            edits["project"] = general
        return cls.create_many([edits], by=by, at=at)[0]

    @classmethod
    def create_many(cls, each: Sequence[Edits], *, by: User, at: datetime) -> list["Task"]:
        """Put tasks in, all of them or none."""
        return cls.take_in([Arrival(edits, by, at) for edits in each], at=at)

    @classmethod
    @transaction.atomic
    def take_in(cls, arrivals: Sequence[Arrival], *, at: datetime) -> list["Task"]:
        """Put in what several people have sent, each at their own time: all of it or nothing."""
        tasks = [cls._made_of(arrival, at=at) for arrival in arrivals]
        in_general = [task for task in tasks if not cls.project.is_cached(task)]  # which is a number so far
        models.prefetch_related_objects(in_general, "project")
        for by, project in {(task.owner, task.project) for task in tasks}:
            rules.require_worker(by, project)
        for project in sorted({task.project for task in tasks if task.blocked_by}, key=lambda project: project.pk):
            project.lock()
        insert_all(tasks)
        for task in tasks:
            if task.blocked_by:
                task._depend_on(task.blocked_by, task.owner)
                task.save(update_fields=["is_blocked"])
        note(*(label for task in tasks for label in task._label_rows()))
        events.record_arrivals([task.shown(now=at) for task in tasks], at=at)
        return tasks

    @classmethod
    def _made_of(cls, arrival: Arrival, *, at: datetime) -> "Task":
        """A task that is as old as its arrival, and was changed just now."""
        edits, by, arrived_at = arrival
        task = new(cls, owner=by, created_at=arrived_at, updated_at=max(arrived_at, at))
        task._write(edits)
        checked_text(task.text)
        return task

    def edit(self, *, by: User | None, at: datetime, lease: str | None = None, **edits: Unpack[Edits]) -> Self:
        """Needs no lease; but whoever shows one that is over is late, and changes nothing."""
        with self._changing(Verb.EDIT, by=by, at=at, lease=lease, graph="blocked_by" in edits):
            if "project" in edits and edits["project"] != self.project:
                self._check_move(edits["project"], by, stays_blocked="blocked_by" not in edits)
            self._write(edits)
            if "project" in edits:
                self.intervals.exclude(project=self.project).update(project=self.project)
            if "blocked_by" in edits:
                self._depend_on(self.blocked_by, by)
            if "labels" in edits:
                self._index_labels()
        return self

    def delete_for_good(self, *, by: User | None, at: datetime) -> None:
        """Erase the task and its intervals. Its events stay, the last of which says that it is gone."""
        with self._held(Verb.DELETE):
            self._check(Verb.DELETE, by)
            now = max(at, self.updated_at)
            self.version += 1
            shown = self.shown(now=now)
            dependents = self._dependents()
            events.record(events.TYPE_OF[Verb.DELETE], task=shown, before=shown, by=by, at=now)
            self.delete()
            for dependent in dependents:
                dependent._reconsider(at=now)

    @classmethod
    def delete_all_for_good(cls, tasks: "TaskQuerySet", *, at: datetime) -> int:
        """Erase those that nobody waits for, all at once, as their time is over; answer how many they were.

        They are asked for once more when they are locked: what has changed meanwhile may be no such task any more.
        """
        with transaction.atomic():
            going = list(tasks.filter(blocks_others=False).order_by("pk").locked())
            for task in going:
                task._check(Verb.DELETE, None)
                task.version += 1
            events.record_deletions([task.shown(now=max(at, task.updated_at)) for task in going], at=at)
            cls.objects.filter(pk__in=[task.pk for task in going]).delete()
        return len(going)

    # --- The verbs ------------------------------------------------------------------------------------------------

    @repeatable
    def assign(self, performer: User | None, *, by: User | None, at: datetime, lease: str | None = None) -> Self:
        """Put it into somebody's hands, or, while it is new, out of them. A clock that runs for another stops."""
        told = events.by_hand(by) if performer else {}
        with self._changing(Verb.ASSIGN, by=by, at=at, performer=performer, lease=lease, told=told) as now:
            if performer is None and self.status != Status.NEW:
                raise InvalidTransition("A task in progress is taken from its performer by releasing it.")
            if performer:
                self._check_performer(performer)
            if performer != self.performer:
                self._stop_clock(now)
                self.performer = performer
                self.is_assigned_by_a_person = performer is not None and by is not None and not by.is_bot
        return self

    def give(self, performer: User, *, rule: str, reason: str, at: datetime) -> Self:
        """What a policy does: put a task that waits into the hands of somebody who can do it, and say why."""
        told = {"assignment": {"rule": rule, "reason": reason}}
        with self._changing(Verb.ASSIGN, by=None, at=at, told=told):
            if not self.is_waiting:
                raise AlreadyTaken("This task does not wait any more.")
            self.performer = performer
        return self

    def start(self, *, by: User, at: datetime) -> Self:
        with self._changing(Verb.START, by=by, at=at) as now:
            self._take(by, now)
        return self

    def claim(
        self, *, lease_seconds: int | None, by: User, at: datetime, savepoint: bool = True, is_held: bool = False
    ) -> Self:
        """Start it under a lease, whose token is in `lease_token`. A person who says no seconds gets no lease.

        `is_held` says that it was locked when it was read, in the transaction that is open.
        """
        with self._held_already(is_held), self._changing(Verb.START, by=by, at=at, savepoint=savepoint) as now:
            self._take(by, now)
            if seconds := seconds_for(by, lease_seconds):
                self._grant_lease(seconds, now)
        return self

    def pause(self, *, by: User, at: datetime, lease: str | None = None) -> Self:
        with self._changing(Verb.PAUSE, by=by, at=at, lease=lease) as now:
            if not self.is_running:
                raise InvalidTransition("The clock is not running.")
            self._stop_clock(now)
        return self

    def resume(self, *, by: User, at: datetime, lease: str | None = None) -> Self:
        with self._changing(Verb.RESUME, by=by, at=at, lease=lease) as now:
            if self.is_running:
                raise InvalidTransition("The clock is running already.")
            self._start_clock(by, now)
        return self

    @repeatable
    def release(self, *, by: User | None, at: datetime, lease: str | None = None) -> Self:
        """Give it back. The time worked on it stays."""
        with self._changing(Verb.RELEASE, by=by, at=at, lease=lease) as now:
            self._stop_clock(now)
            self._return_to_new()
        return self

    @repeatable
    def complete(self, *, by: User, at: datetime, lease: str | None = None) -> Self:
        with self._changing(Verb.COMPLETE, by=by, at=at, lease=lease) as now:
            self._stop_clock(now)
            self.status = Status.COMPLETED
            self.completed_at = now
        return self

    @repeatable
    def fail(self, reason: str = "", *, retry: bool = True, by: User, at: datetime, lease: str | None = None) -> Self:
        """Give up on it. It comes back until its attempts are spent, unless trying again is of no use."""
        with self._changing(Verb.FAIL, by=by, at=at, lease=lease) as now:
            self._stop_clock(now)
            self._spend_attempt(reason, now, retry=retry)
        return self

    @repeatable
    def cancel(self, *, by: User | None, at: datetime, lease: str | None = None) -> Self:
        with self._changing(Verb.CANCEL, by=by, at=at, lease=lease) as now:
            self._stop_clock(now)
            self.status = Status.CANCELLED
        return self

    def reopen(self, *, by: User, at: datetime) -> Self:
        with self._changing(Verb.REOPEN, by=by, at=at):
            self._return_to_new()
            self.attempts = 0
            self.failure_reason = None
        return self

    # --- What Djirgo does by itself -------------------------------------------------------------------------------

    def hand_back(self, *, by: User | None, at: datetime, also_begun: bool = True) -> bool:
        """Out of the hands in which it was seen, unless it has left them by now; answer whether it was taken out."""
        holder = self.performer_id
        with suppress(TaskGone), self._held():
            if self.performer_id != holder or self.status not in OPEN:
                return False
            if self.status == Status.NEW:
                self.assign(None, by=by, at=at)
                return True
            if also_begun:
                self.release(by=by, at=at)
                return True
        return False

    def expire_lease(self, *, at: datetime) -> Self:
        """Take it back from a holder who has vanished. Their time ends with their last sign of life."""
        with self._changing(Verb.EXPIRE, by=None, at=at) as now:
            if self.lease_expires_at is not None and self.lease_expires_at <= at:
                self._stop_clock(max(filter(None, (self.lease_seen_at, self.running_since)), default=now))
                self._spend_attempt(LEASE_RAN_OUT, now, is_expiry=True)
        return self

    def renew(self, lease: str, *, by: User, at: datetime, seconds: int | None = None) -> Self:
        """Hold it for longer. That is no change of the task: it leaves no event, and the version as it is."""
        with self._held():
            self._check_lease(Verb.EDIT, lease, is_holder=True, at=at)
            rules.require(by, Verb.PAUSE, self)
            self.lease_seconds = seconds or self.lease_seconds
            self._prolong_lease(at)
            self.save(update_fields=["lease_seconds", "lease_seen_at", "lease_expires_at"])
        return self

    # --- Several at once ------------------------------------------------------------------------------------------

    def revise(
        self, status: Status | None, *, by: User, at: datetime, lease: str | None = None, **edits: Unpack[Edits]
    ) -> Self:
        """Set the status, the edits, or both: all of it or nothing."""
        settling = Verb.COMPLETE if status else None
        with self._held(settling, graph="blocked_by" in edits):
            for verb in self._verbs_to(status, by):
                named = {} if verb in (Verb.START, Verb.REOPEN) else {"lease": lease}
                getattr(self, verb)(by=by, at=at, **named)
            return self.edit(by=by, at=at, lease=None if status else lease, **edits) if edits else self

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

    def shown(self, *, now: datetime) -> dict[str, Any]:
        """The task as the API and the events show it."""
        return represent(row_of(self), now=now)

    # --- Its parts ------------------------------------------------------------------------------------------------

    def _take(self, performer: User, now: datetime) -> None:
        self.status = Status.IN_PROGRESS
        self.performer = performer
        self.started_at = self.started_at or now
        self._start_clock(performer, now)

    def _return_to_new(self) -> None:
        self.status = Status.NEW
        self.performer = None
        self.is_assigned_by_a_person = False

    def _spend_attempt(self, reason: str, now: datetime, *, retry: bool = True, is_expiry: bool = False) -> None:
        self.attempts += 1
        self.failure_reason = reason
        comes_back = retry and self.attempts < settings.MAX_ATTEMPTS
        Attempt.objects.create(
            task=self,
            performer=self.performer,  # type: ignore[misc]  # in progress, so somebody has it
            spent_at=now,
            is_expiry=is_expiry,
            comes_back=comes_back,
            reason=reason,
        )
        if not comes_back:
            self.status = Status.FAILED
        elif is_expiry and self.is_assigned_by_a_person:
            self.status = Status.NEW
        else:
            self._return_to_new()

    def _write(self, edits: Edits) -> None:
        for name, value in checked(edits).items():
            setattr(self, name, value)

    def _check_move(self, project: Project, by: User | None, *, stays_blocked: bool) -> None:
        """Into a project where whoever moves it and whoever has it take part, and away from nothing it hangs on."""
        if by:
            rules.require_worker(by, project)
        if self.performer and not project.is_worked_on_by(self.performer):
            raise InvalidProject(f"{self.performer}, who has this task, does not work there.", field="project")
        if (stays_blocked and self.blocked_by) or self._dependents():
            raise InvalidProject("It waits for other tasks of its project, or they for it.", field="project")


_general = Statement(lambda: Project.objects.filter(pk=GENERAL))
