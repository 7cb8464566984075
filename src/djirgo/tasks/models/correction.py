"""Putting the ledger right: a stretch was longer or shorter than the clock said, or was forgotten.

What was is kept with who corrected it and why, one row for each time. A stretch that was wrong altogether is corrected
to no length and stays where it was: nothing is ever taken out of the ledger.
"""

from datetime import datetime
from typing import Any, TypedDict, Unpack

from django.conf import settings
from django.db import models
from django.db.models import Q

from djirgo.accounts.models import User
from djirgo.errors import Conflict, Invalid, Missing
from djirgo.events.envelope import instant
from djirgo.tasks.models import rules
from djirgo.tasks.models.door import Guarded
from djirgo.tasks.models.span import Span, microseconds
from djirgo.tasks.models.status import Verb
from djirgo.tasks.models.work import Timed, WorkInterval

LONGEST_REASON = 1000


class IntervalGone(Missing):
    """The task has no such interval."""


class IntervalRunning(Conflict):
    code = "interval_running"


class OverlappingWork(Conflict):
    code = "overlapping_interval"


class InvalidInterval(Invalid):
    code = "invalid_interval"


class InvalidReason(Invalid):
    code = "invalid_reason"


class SpanEdits(TypedDict, total=False):
    """What is said about a stretch that the ledger has."""

    started_at: datetime
    ended_at: datetime


class Correction(models.Model):
    """What an interval was before somebody corrected it."""

    interval = models.ForeignKey(WorkInterval, models.CASCADE, related_name="corrections")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    reason = models.TextField()
    #: Both are null where nothing was, because the stretch had been forgotten.
    was_started_at = models.DateTimeField(null=True)
    was_ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="a_correction_says_why"),
            models.CheckConstraint(
                condition=Q(was_started_at=None, was_ended_at=None)
                | Q(was_started_at__isnull=False, was_ended_at__isnull=False),
                name="a_correction_keeps_both_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by} at {self.at}: {self.reason}"

    @property
    def was(self) -> Span | None:
        if self.was_started_at is None or self.was_ended_at is None:
            return None
        return Span(self.was_started_at, self.was_ended_at)

    @property
    def is_(self) -> Span:
        return Span(self.interval.started_at, self.interval.ended_at or self.at)

    def shown(self) -> dict[str, Any]:
        """What an event says of a correction that has just been made."""
        return {
            "interval": self.interval.pk,
            "performer": self.interval.performer.username,
            "reason": self.reason,
            "was": self.was and self.was.shown(),
            "is": self.is_.shown(),
        }

    @property
    def difference(self) -> int:
        """How much longer the interval has just become, in microseconds."""
        return microseconds(*self.is_) - (microseconds(*self.was) if self.was else 0)


class Corrected(Guarded, Timed):
    """The part of a task that lets people put its time right, through the door like any other verb."""

    class Meta:
        abstract = True

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
            interval = WorkInterval(task_id=self.pk, project=self.project, performer=performer)
            self._put_right(interval, span, reason, by, now, told)
        return interval

    def _check_whose_time(self, performer: User, by: User) -> None:
        if performer != by and not rules.manager(self, by):
            raise rules.NotAllowed("Only a manager corrects the time of others.")

    def _put_right(
        self, interval: WorkInterval, span: Span, reason: str, by: User, now: datetime, told: dict[str, Any]
    ) -> None:
        """The sum moves with the interval, and the event tells of it."""
        correction = put_right(interval, span, reason=reason, by=by, now=now)
        self.worked_microseconds += correction.difference
        told["correction"] = correction.shown()


def put_right(interval: WorkInterval, span: Span, *, reason: str, by: User, now: datetime) -> Correction:
    """Write the span into an interval that has ended, or is new, and keep what was."""
    was: Span | tuple[None, None] = (None, None)
    if not interval._state.adding:
        if interval.ended_at is None:
            raise IntervalRunning("The clock is still running on this interval. It can be corrected when it has ended.")
        was = Span(interval.started_at, interval.ended_at)
    _check(interval, span, now)
    interval.started_at, interval.ended_at = span
    interval.save()
    return Correction.objects.create(
        interval=interval, by=by, at=now, reason=checked_reason(reason), was_started_at=was[0], was_ended_at=was[1]
    )


def _check(interval: WorkInterval, span: Span, now: datetime) -> None:
    if span.ended_at < span.started_at:
        raise InvalidInterval("Work ends after it starts.", field="ended_at")
    if span.ended_at > now:
        raise InvalidInterval("Work that is not done yet cannot be written down.", field="ended_at")
    if span.started_at == span.ended_at:
        return
    others = WorkInterval.objects.filter(task=interval.task_id).exclude(pk=interval.pk)
    if other := others.within(span).order_by("started_at").first():
        end = instant(other.ended_at) if other.ended_at else "now"
        raise OverlappingWork(f"Interval {other.pk} has some of this time: {instant(other.started_at)} to {end}.")


def checked_reason(reason: str) -> str:
    """The reason without the white space around it."""
    trimmed = reason.strip()
    if not 0 < len(trimmed) <= LONGEST_REASON:
        raise InvalidReason(f"A correction says why in 1 to {LONGEST_REASON:,} characters.", field="reason")
    return trimmed
