"""Putting the ledger right: a stretch was longer or shorter than the clock said, or was forgotten.

What was is kept with who corrected it and why, one row for each time. A stretch that was wrong altogether is corrected
to no length and stays where it was: nothing is ever taken out of the ledger.
"""

from datetime import datetime
from typing import Any, NamedTuple, TypedDict

from django.conf import settings
from django.db import models
from django.db.models import Q

from djirgo.accounts.models import User
from djirgo.errors import Conflict, Invalid, Missing
from djirgo.events.envelope import instant
from djirgo.tasks.models.work import Timed, WorkInterval, microseconds

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


class Span(NamedTuple):
    started_at: datetime
    ended_at: datetime

    def shown(self) -> dict[str, str]:
        return {"started_at": instant(self.started_at), "ended_at": instant(self.ended_at)}


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


class Corrected(Timed):
    """The part of a task by which its time is put right. The sum moves with the interval."""

    class Meta:
        abstract = True

    def _interval(self, interval_id: int) -> WorkInterval:
        interval = WorkInterval.objects.select_related("performer").filter(task=self.pk, pk=interval_id).first()
        if interval is None:
            raise IntervalGone("This task has no such interval.")
        return interval

    def _put_right(self, interval: WorkInterval, is_: Span, *, reason: str, by: User, now: datetime) -> dict[str, Any]:
        """Write the span into the interval, old or new, and keep what was. Answers what there is to tell."""
        was = None
        if interval.pk and interval.ended_at is None:
            raise IntervalRunning("The clock is still running on this interval. It can be corrected when it has ended.")
        if interval.pk and interval.ended_at:
            was = Span(interval.started_at, interval.ended_at)
        self._check_span(interval, is_, now)
        interval.started_at, interval.ended_at = is_
        interval.save()
        Correction.objects.create(
            interval=interval,
            by=by,
            at=now,
            reason=reason,
            was_started_at=was and was.started_at,
            was_ended_at=was and was.ended_at,
        )
        self.worked_microseconds += microseconds(*is_) - (microseconds(*was) if was else 0)
        return {
            "interval": interval.pk,
            "performer": interval.performer.username,
            "reason": reason,
            "was": was and was.shown(),
            "is": is_.shown(),
        }

    def _check_span(self, interval: WorkInterval, is_: Span, now: datetime) -> None:
        if is_.ended_at < is_.started_at:
            raise InvalidInterval("Work ends after it starts.", field="ended_at")
        if is_.ended_at > now:
            raise InvalidInterval("Work that is not done yet cannot be written down.", field="ended_at")
        if is_.started_at == is_.ended_at:
            return
        others = WorkInterval.objects.filter(task=self.pk).exclude(pk=interval.pk)
        if other := others.within(*is_).order_by("started_at").first():
            end = instant(other.ended_at) if other.ended_at else "now"
            raise OverlappingWork(f"Interval {other.pk} has some of this time: {instant(other.started_at)} to {end}.")


def checked_reason(reason: str) -> str:
    """The reason without the white space around it."""
    trimmed = reason.strip()
    if not 0 < len(trimmed) <= LONGEST_REASON:
        raise InvalidReason(f"A correction says why in 1 to {LONGEST_REASON:,} characters.", field="reason")
    return trimmed
