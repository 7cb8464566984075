"""Taking tasks in without the database, and saying what became of them.

A POST that prefers `respond-async` goes to a view that checks what can be checked, puts the message into the queue and
answers 202. Nothing on that way asks the database, so it works while that is away. Where the broker does not confirm
the message, it is written in the request itself, under the same id, and the answer is 201.
"""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request

from djirgo.accounts.authentication import BearerAuthentication, DeadToken, SignedAuthentication
from djirgo.accounts.models import ApiToken
from djirgo.events.brokers.seam import BrokerAway
from djirgo.intake import ids
from djirgo.intake.accepted import Accepted
from djirgo.intake.api.serializers import AcceptedInput, IntakeOutput
from djirgo.intake.door import door
from djirgo.intake.models import Intake, Outcome
from djirgo.intake.preference import RESPOND_ASYNC, prefers_async
from djirgo.intake.standing import KeyUsed
from djirgo.intake.writer import DEALT_WITH, write_now
from djirgo.rest.idempotency import KeyReused, fingerprint_of, name_of
from djirgo.rest.preconditions import etag
from djirgo.rest.response import Response
from djirgo.rest.views import GenericAPIView
from djirgo.tasks.api import bulk, views
from djirgo.tasks.api.serializers import EditsInput, TaskOutput, TasksOutput
from djirgo.tasks.bulk import MOST_AT_ONCE
from djirgo.tasks.models import Task
from djirgo.tasks.models.edits import checked, checked_text
from djirgo.tasks.representation import represent

PREFER = OpenApiParameter(
    "Prefer",
    {"type": "string", "example": RESPOND_ASYNC},
    OpenApiParameter.HEADER,
    description="`respond-async`: an answer as soon as the tasks are safe in the queue.",
)
ID = OpenApiParameter("id", UUID, OpenApiParameter.PATH)
#: RabbitMQ 4 takes no message of more than 16 MiB.
LARGEST_MESSAGE = 8 * 2**20


class AcceptingView(GenericAPIView):
    """Takes one task in."""

    authentication_classes = (SignedAuthentication,)
    #: A key names the intake, which is kept in the ledger.
    keeps_answers = False
    is_many: ClassVar[bool] = False

    def post(self, request: Request) -> Response:  # type: ignore[override]
        accepted = self._accepted(request, at=timezone.now())
        try:
            _hand_over(accepted)
        except BrokerAway:
            return self._written_at_once(request, accepted)
        DEALT_WITH.labels("accepted").inc()
        address = request.build_absolute_uri(f"/api/intake/{accepted.id}/")
        headers = {"Location": address, "Preference-Applied": RESPOND_ASYNC}
        return Response({"id": accepted.id, "status": "pending"}, status.HTTP_202_ACCEPTED, headers=headers)

    def _accepted(self, request: Request, *, at: datetime) -> Accepted:
        user: Any = request.user
        key = name_of(request) if "HTTP_IDEMPOTENCY_KEY" in request.META else ""
        # Before the body is parsed, after which it is gone.
        id_ = ids.of_key(user.pk, key, fingerprint_of(request)) if key else ids.fresh(user.pk, at=at)
        token = request.auth.pk if isinstance(request.auth, ApiToken) else None
        version = None if token else user.credentials_version
        return Accepted(id_, at, user.pk, version, token, key, self.is_many, self._checked(request))

    def _checked(self, request: Request) -> list[dict[str, Any]]:
        bounds: Any = {"many": True, "allow_empty": False, "max_length": MOST_AT_ONCE} if self.is_many else {}
        said = AcceptedInput(data=request.data, **bounds)
        said.is_valid(raise_exception=True)
        each = said.validated_data if self.is_many else [said.validated_data]
        return [_in_the_form_that_is_kept(words) for words in each]

    def _written_at_once(self, request: Request, accepted: Accepted) -> Response:
        """Now the database is asked whether the session still holds, as for any other request."""
        if BearerAuthentication().authenticate(request) is None:
            raise DeadToken
        now = timezone.now()
        try:
            tasks = write_now(accepted, at=now)
        except KeyUsed:
            raise KeyReused from None
        shown = [task.shown(now=now) for task in tasks]
        if self.is_many:
            return Response({"results": shown}, status.HTTP_201_CREATED)
        if not shown:
            raise Http404  # written before, and deleted since
        headers = {"Location": request.build_absolute_uri(f"/api/tasks/{tasks[0].pk}/"), "ETag": etag(tasks[0].version)}
        return Response(shown[0], status.HTTP_201_CREATED, headers=headers)


class AcceptingManyView(AcceptingView):
    """Takes a list of tasks in."""

    is_many = True


def _hand_over(accepted: Accepted) -> None:
    if accepted.is_many and len(accepted.body()) > LARGEST_MESSAGE:
        raise BrokerAway("this is more than it takes at once.")
    door().put(accepted)


def _in_the_form_that_is_kept(words: dict[str, Any]) -> dict[str, Any]:
    """As the domain will write it, so that what it refuses is refused now."""
    kept = checked(EditsInput.edits_of(words))
    checked_text(kept["text"])
    return kept


class MayAnswerLater:
    """A mixin for the views that create tasks."""

    accepting: ClassVar[type[AcceptingView]] = AcceptingView

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and self._creates() and settings.RABBITMQ_URL and prefers_async(request):
            return self.accepting.as_view()(request)
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc, no-any-return]

    def _creates(self) -> bool:
        actions = getattr(self, "action_map", None) or {"post": "create"}
        return bool(actions.get("post") == "create")


class TaskViewSet(MayAnswerLater, views.TaskViewSet):
    @extend_schema(parameters=[PREFER], request=EditsInput, responses={201: TaskOutput, 202: IntakeOutput})
    def create(self, request: Request) -> Response:
        return super().create(request)


class BulkView(MayAnswerLater, bulk.BulkView):
    accepting = AcceptingManyView

    @extend_schema(
        operation_id="tasks_bulk_create",
        parameters=[PREFER],
        request=EditsInput(many=True),
        responses={201: TasksOutput, 202: IntakeOutput},
    )
    def post(self, request: Request) -> Response:  # type: ignore[override]
        """Put tasks in."""
        return super().post(request)


class IntakeView(GenericAPIView):
    """What became of a request that was answered 202. It is there for whoever sent it."""

    serializer_class = IntakeOutput

    @extend_schema(operation_id="intake_retrieve", parameters=[ID])
    def get(self, request: Request, id: str) -> Response:  # noqa: A002
        user: Any = request.user
        id_ = _uuid(id)
        intake = Intake.objects.of(user).filter(pk=id_).first()
        if intake is not None:
            return Response(self._shown(intake))
        if not ids.belongs_to(id_, user.pk) or _is_forgotten(id_, at=timezone.now()):
            raise Http404
        return Response({"id": id_, "status": "pending"})

    def _shown(self, intake: Intake) -> dict[str, Any]:
        shown = {"id": intake.pk, "status": intake.outcome}
        if intake.outcome == Outcome.REJECTED:
            return shown | {"errors": intake.errors}
        now = timezone.now()
        rows = Task.objects.visible_to(self.request.user).filter(pk__in=intake.tasks).order_by("pk").rows()
        tasks = [represent(row, now=now) for row in rows]
        return shown | ({"tasks": tasks} if intake.is_many else {"task": tasks[0] if tasks else None})


def _uuid(said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError:
        raise Http404 from None


def _is_forgotten(id_: UUID, *, at: datetime) -> bool:
    """Whether its record may have been deleted long ago."""
    accepted_at = ids.accepted_at(id_)
    return accepted_at is not None and accepted_at + settings.KEEP_INTAKE < at
