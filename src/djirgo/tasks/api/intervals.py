"""The time ledger of a task over HTTP: what was worked when by whom, and putting it right."""

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.request import Request

from djirgo.accounts.models import User
from djirgo.events.envelope import instant
from djirgo.rest.pages import Ordering
from djirgo.rest.preconditions import required_version
from djirgo.rest.response import Response
from djirgo.rest.serializers import Instant, StrictSerializer, Text
from djirgo.rest.views import GenericViewSet
from djirgo.tasks.models import Correction, Task, WorkInterval
from djirgo.tasks.models.correction import LONGEST_REASON
from djirgo.tasks.models.span import Span

#: What the answer shows and nobody writes.
SHOWN = frozenset({"id", "performer", "started_at", "ended_at", "seconds", "microseconds", "corrections"})
#: The task of the address, for the OpenAPI document.
TASK = OpenApiParameter("id", {"type": "string", "pattern": r"^\d{1,18}$"}, OpenApiParameter.PATH)
INTERVAL = OpenApiParameter("interval_id", {"type": "string", "pattern": r"^\d{1,18}$"}, OpenApiParameter.PATH)


class SpanInput(StrictSerializer):
    started_at = Instant()
    ended_at = Instant(help_text="Not before it starts, and not in the future.")
    reason = Text(max_length=LONGEST_REASON, help_text="Why.")


class CorrectionInput(SpanInput):
    """Another beginning or end, or both."""

    shown_only = SHOWN - {"started_at", "ended_at"}

    started_at = Instant(required=False)
    ended_at = Instant(required=False, help_text="The same as the start where nothing was worked at all.")

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        if said.keys() <= {"reason"}:
            raise serializers.ValidationError("Say when it started, or when it ended.", code="required")
        return said


class ForgottenInput(SpanInput):
    """A stretch of work that the clock was not told of."""

    shown_only = SHOWN - {"started_at", "ended_at", "performer"}

    performer = Text(max_length=150, default="me", help_text="A username; you, where nothing is said.")

    def validate_performer(self, username: str) -> User:
        asking: User = self.context["request"].user
        if username == "me":
            return asking
        if found := User.objects.named(username).first():
            return found
        raise serializers.ValidationError("Nobody has this username.", code="unknown_user")


class SpanOutput(serializers.Serializer[Any]):
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()


class CorrectionOutput(serializers.Serializer[Any]):
    """What an interval was before it was corrected; null where it was forgotten."""

    by = serializers.CharField()
    at = serializers.DateTimeField()
    reason = serializers.CharField()
    was = SpanOutput(allow_null=True)


class IntervalOutput(serializers.Serializer[Any]):
    """The interval as `represent` shows it, for the OpenAPI document."""

    id = serializers.IntegerField()
    performer = serializers.CharField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True, help_text="Null while the clock is running.")
    seconds = serializers.IntegerField(help_text="Whole seconds; until now while the clock is running.")
    microseconds = serializers.IntegerField(help_text="The same to the microsecond.")
    corrections = CorrectionOutput(many=True)


@extend_schema(parameters=[TASK])
@extend_schema_view(list=extend_schema(operation_id="tasks_intervals_list", responses=IntervalOutput(many=True)))
class IntervalViewSet(GenericViewSet):
    """The intervals of a task, for everybody who sees the task."""

    has_versions = True
    queryset = WorkInterval.objects.all()
    serializer_class = IntervalOutput
    lookup_url_kwarg = "interval_id"
    lookup_value_regex = r"\d{1,18}"
    orderings: ClassVar[tuple[Ordering, ...]] = (Ordering("started_at", "started_at", False),)

    def list(self, request: Request, id: str) -> Response:  # noqa: A002
        """What was worked on the task, oldest first."""
        now = timezone.now()
        intervals = self.paginate_queryset(_whole(self._task().intervals.all()))
        return self.get_paginated_response([represent(interval, now=now) for interval in intervals or ()])

    @extend_schema(operation_id="tasks_intervals_add", request=ForgottenInput, responses={201: IntervalOutput})
    def create(self, request: Request, id: str) -> Response:  # noqa: A002
        """Write down a stretch that was forgotten: your own, or, as a manager, anybody's."""
        said = self._checked(ForgottenInput)
        span = Span(said["started_at"], said["ended_at"])
        added = self._task().add_time(said["performer"], span, reason=said["reason"], by=self._user, at=timezone.now())
        return self._shown(added, status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="tasks_intervals_correct",
        parameters=[INTERVAL],
        request=CorrectionInput,
        responses=IntervalOutput,
    )
    def partial_update(self, request: Request, id: str, interval_id: str) -> Response:  # noqa: A002
        """Correct a stretch that has ended: your own, or, as a manager, anybody's."""
        said = self._checked(CorrectionInput)
        task = self._task()
        return self._shown(task.correct_time(int(interval_id), by=self._user, at=timezone.now(), **said))

    def _task(self) -> Task:
        task = Task.objects.visible_to(self.request.user).filter(pk=self.kwargs["id"]).first()
        if task is None:
            raise Http404
        return task.expecting(required_version(self.request))

    def _checked(self, serializer_class: type[StrictSerializer]) -> dict[str, Any]:
        said = serializer_class(data=self.request.data, context={"request": self.request})
        said.is_valid(raise_exception=True)
        words: dict[str, Any] = said.validated_data
        return words

    @property
    def _user(self) -> User:
        return self.request.user  # type: ignore[return-value]

    def _shown(self, interval: WorkInterval, status_code: int = status.HTTP_200_OK) -> Response:
        whole = _whole(WorkInterval.objects.filter(pk=interval.pk)).get()
        return Response(represent(whole, now=timezone.now()), status=status_code)


def represent(interval: WorkInterval, *, now: datetime) -> dict[str, Any]:
    worked = interval.microseconds(now=now)
    return {
        "id": interval.pk,
        "performer": interval.performer.username,
        "started_at": instant(interval.started_at),
        "ended_at": interval.ended_at and instant(interval.ended_at),
        "seconds": worked // 1_000_000,
        "microseconds": worked,
        "corrections": [_correction(correction) for correction in interval.corrections.all()],
    }


def _correction(correction: Correction) -> dict[str, Any]:
    return {
        "by": correction.by.username,
        "at": instant(correction.at),
        "reason": correction.reason,
        "was": correction.was and correction.was.shown(),
    }


def _whole(intervals: QuerySet[WorkInterval]) -> QuerySet[WorkInterval]:
    corrections = Correction.objects.select_related("by").order_by("id")
    return intervals.select_related("performer").prefetch_related(Prefetch("corrections", corrections))
