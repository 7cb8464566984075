"""Putting the time ledger right: a stretch was longer or shorter than the clock said, or was forgotten."""

from django.utils import timezone

from djirgo.tasks.models import Task
from djirgo.tasks.models.span import Span
from djirgo.web.page import LARGEST_ID
from djirgo.web.task.forms import CorrectionForm, TimeForm, checked
from djirgo.web.task.writing import Writing


class AddTime(Writing):
    part = "time"

    def write(self, task: Task) -> None:
        said = checked(TimeForm(self.request.POST))
        performer = said["performer"] or self.request.user
        span = Span(said["started_at"], said["ended_at"])
        task.add_time(performer, span, reason=said["reason"], by=self.request.user, at=timezone.now())


class CorrectTime(Writing):
    """Another beginning or end. What the form shows to the second and was not changed stays to the microsecond."""

    part = "time"

    def write(self, task: Task) -> None:
        pk = min(self.kwargs["interval"], LARGEST_ID)
        interval = task.intervals.filter(pk=pk).first()
        said = checked(CorrectionForm(self.request.POST))
        for name in ("started_at", "ended_at"):
            known = getattr(interval, name, None)
            if known and said[name] == known.replace(microsecond=0):
                said[name] = known
        task.correct_time(pk, by=self.request.user, at=timezone.now(), **said)
