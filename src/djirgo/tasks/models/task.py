"""The task, and the one door through which its status changes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, NamedTuple, Self, Unpack

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from djirgo.accounts.models import User
from djirgo.errors import Conflict, Invalid
from djirgo.statements import Slot, Statement, insert_all, update
from djirgo.tasks import events
from djirgo.tasks.models import rules
from djirgo.tasks.models.attempt import Attempt
from djirgo.tasks.models.correction import IntervalGone, SpanEdits, put_right
from djirgo.tasks.models.dependency import Dependency, InvalidBlockers, refuse_cycle
from djirgo.tasks.models.edits import Edits, InvalidProject, checked, checked_text
from djirgo.tasks.models.grip import Held, TaskGone
from djirgo.tasks.models.indexes import INDEXES
from djirgo.tasks.models.label import Label
from djirgo.tasks.models.lease import Leased, repeatable, seconds_for
from djirgo.tasks.models.project import GENERAL, Project
from djirgo.tasks.models.queryset import TaskQuerySet
from djirgo.tasks.models.queued import Queued
from djirgo.tasks.models.span import Span
from djirgo.tasks.models.status import FINISHED, FROM, MOVES, OPEN, SETTLING, Status, Verb
from djirgo.tasks.models.work import Timed, WorkInterval
from djirgo.tasks.representation import represent, row_of

LEASE_RAN_OUT = "The lease ran out."


class AlreadyTaken(Conflict):
    code = "already_taken"


class InvalidTransition(Conflict):
    code = "invalid_transition"


class Blocked(Conflict):
    code = "blocked"


class InvalidPerformer(Invalid):
    code = "invalid_performer"


class Arrival(NamedTuple):
    """What somebody has sent, and when."""

    edits: Edits
    by: User
    at: datetime


class Task(Held, Leased, Queued, Timed):
    text = models.TextField()
    project = models.ForeignKey(Project, models.PROTECT, related_name="tasks", db_index=False, default=GENERAL)
    status = models.CharField(max_length=11, choices=Status, default=Status.NEW)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="owned_tasks", db_index=False)
    performer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="tasks", db_index=False
    )
    #: A person has put it into its performer's hands: it stays there when their lease runs out.
    is_assigned_by_a_person = models.BooleanField(default=False)
    blocked_by = models.JSONField(default=list)
    #: Something that it waits for is unfinished.
    is_blocked = models.BooleanField(default=False)
    #: Others wait for it, or did once.
    blocks_others = models.BooleanField(default=False)
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
        models.prefetch_related_objects(tasks, "project")  # where none was named it is a number so far
        for by, project in {(task.owner, task.project) for task in tasks}:
            rules.require_worker(by, project)
        for project in sorted({task.project for task in tasks if task.blocked_by}, key=lambda project: project.pk):
            project.lock()
        insert_all(tasks)
        for task in tasks:
            if task.blocked_by:
                task._depend_on(task.blocked_by, task.owner)
                task.save(update_fields=["is_blocked"])
        Label.objects.bulk_create(label for task in tasks for label in task._label_rows())
        events.record_arrivals([task.shown(now=at) for task in tasks], at=at)
        return tasks

    @classmethod
    def _made_of(cls, arrival: Arrival, *, at: datetime) -> "Task":
        """A task that is as old as its arrival, and was changed just now."""
        edits, by, arrived_at = arrival
        task = cls(owner=by, created_at=arrived_at, updated_at=max(arrived_at, at))
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

    # --- Its time, put right --------------------------------------------------------------------------------------

    def correct_time(
        self, interval_id: int, *, reason: str, by: User, at: datetime, **edits: Unpack[SpanEdits]
    ) -> WorkInterval:
        """Give a stretch of work that has ended another beginning or end. What was is kept."""
        told: dict[str, Any] = {}
        with self._changing(Verb.CORRECT, by=by, at=at, told=told) as now:
            interval = self.intervals.select_related("performer").filter(pk=interval_id).first()
            if interval is None:
                raise IntervalGone("This task has no such interval.")
            self._check_whose_time(interval.performer, by)
            span = Span(interval.started_at, interval.ended_at or now)._replace(**edits)
            self._put_right(interval, span, reason, by, now, told)
        return interval

    def add_time(self, performer: User, span: Span, *, reason: str, by: User, at: datetime) -> WorkInterval:
        """Write down a stretch of work that the clock was not told of."""
        told: dict[str, Any] = {}
        with self._changing(Verb.CORRECT, by=by, at=at, told=told) as now:
            self._check_whose_time(performer, by)
            self._check_performer(performer)
            interval = WorkInterval(task=self, project=self.project, performer=performer)
            self._put_right(interval, span, reason, by, now, told)
        return interval

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

    # --- The door -------------------------------------------------------------------------------------------------

    @contextmanager
    def _changing(
        self,
        verb: Verb,
        *,
        by: User | None,
        at: datetime,
        performer: User | None = None,
        lease: str | None = None,
        graph: bool = False,
        told: dict[str, Any] | None = None,
        savepoint: bool = True,
    ) -> Iterator[datetime]:
        """Lock, check, let the verb change the fields, and write the task and its event: all of it or nothing.

        Gives the instant of the change: `at`, but never earlier than the change before it, because whoever waited for
        the lock may have looked at the clock first. Where the verb changed nothing, nothing is written.
        """
        with self._held(verb, graph=graph, savepoint=savepoint):
            is_holder = by is not None and by.pk == self.performer_id
            self._check_lease(verb, lease, is_holder=is_holder, at=at)
            self._check(verb, by, performer)
            now = max(at, self.updated_at)
            was, before, place = vars(self).copy(), self.shown(now=now), self.place_in_queue
            holder, was_leased = self.performer_id, self.is_leased
            yield now
            # What is corrected may be less than a second, or the same time at another hour.
            if self.shown(now=now) == before and "correction" not in (told or {}):
                return
            if was_leased and (self.status != Status.IN_PROGRESS or self.performer_id != holder):
                self._end_lease(verb, was_shown=lease is not None)
            elif was_leased and is_holder and self.lease_expires_at and self.lease_expires_at > at:
                self._prolong_lease(at)
            self.version += 1
            self.updated_at = now
            update(self, before=was)
            self._keep_place_in_queue(place)
            shown = self.shown(now=now)
            events.record(events.TYPE_OF[verb], task=shown, before=before, by=by, at=now, **(told or {}))
            if verb in SETTLING:
                for dependent in self._dependents():
                    dependent._reconsider(at=now)

    def _check(self, verb: Verb, by: User | None, performer: User | None = None) -> None:
        """The state first, then the rules. Everybody may take a free task for themselves."""
        if verb == Verb.START and self.performer_id is not None and by and self.performer_id != by.pk:
            raise self._taken()
        if self.status not in FROM[verb]:
            raise InvalidTransition(f"“{verb}” is not possible while the task is {self.status}.")
        if verb == Verb.START and self.is_blocked:
            raise Blocked("Something has to be finished first.")
        if verb == Verb.ASSIGN and by and performer in (by, None) and rules.anyone_while_free(self, by):
            rules.require_worker(by, self.project)
            return
        rules.require(by, verb, self)

    def _check_performer(self, performer: User) -> None:
        if not performer.is_active:
            raise InvalidPerformer("This account is closed.", field="performer")
        if not self.project.is_worked_on_by(performer):
            raise InvalidPerformer(f"{performer} does not work in this project.", field="performer")

    def _check_whose_time(self, performer: User, by: User) -> None:
        if performer != by and not rules.manager(self, by):
            raise rules.NotAllowed("Only a manager corrects the time of others.")

    def _taken(self) -> AlreadyTaken:
        return AlreadyTaken(f"{self.performer} has this task.")

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

    def _put_right(
        self, interval: WorkInterval, span: Span, reason: str, by: User, now: datetime, told: dict[str, Any]
    ) -> None:
        """The sum moves with the interval, and the event tells of it."""
        correction = put_right(interval, span, reason=reason, by=by, now=now)
        self.worked_microseconds += correction.difference
        told["correction"] = correction.shown()

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

    # --- What it waits for, and what waits for it -----------------------------------------------------------------

    def _depend_on(self, ids: Sequence[int], by: User | None) -> None:
        """Wait for these tasks and no others. They are locked, so that none is finished before it knows of us."""
        blockers = list(self._possible_blockers(by).filter(pk__in=ids).order_by("pk").select_for_update(of=("self",)))
        if missing := set(ids) - {blocker.pk for blocker in blockers}:
            named = ", ".join(map(str, sorted(missing)))
            raise InvalidBlockers(f"There is no task {named} in this project.", field="blocked_by")
        refuse_cycle(self.pk, ids)
        self.dependencies.exclude(blocker__in=ids).delete()
        rows = [Dependency(task=self, blocker=blocker) for blocker in blockers]
        Dependency.objects.bulk_create(rows, ignore_conflicts=True)
        Task.objects.filter(pk__in=ids, blocks_others=False).update(blocks_others=True)
        self.is_blocked = any(blocker.status not in FINISHED for blocker in blockers)

    def _possible_blockers(self, by: User | None) -> TaskQuerySet:
        """Of its project what they see; and what it waits for already, so that a task can be sent back as it is."""
        known: TaskQuerySet = self.project.tasks.all()
        return known.visible_to(by) | known.filter(pk__in=self.dependencies.values("blocker")) if by else known

    def _dependents(self) -> list["Task"]:
        if not self.blocks_others:
            return []
        return list(Task.objects.filter(dependencies__blocker=self.pk).order_by("pk"))

    def _reconsider(self, *, at: datetime) -> None:
        """Something that it waits for was finished, or opened again, or is gone."""
        with self._changing(Verb.EDIT, by=None, at=at):
            waits_for = set(self.dependencies.values_list("blocker", flat=True))
            self.blocked_by = [blocker for blocker in self.blocked_by if blocker in waits_for]
            self.is_blocked = self.dependencies.unfinished().exists()
            # Also where nobody sees it, because the task is not new.
            Task.objects.filter(pk=self.pk).update(is_blocked=self.is_blocked)


_general = Statement(lambda: Project.objects.filter(pk=GENERAL))
