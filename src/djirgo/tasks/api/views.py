"""Tasks over HTTP: each view checks what was said, makes one call to the domain, and shows the task."""

from datetime import datetime
from typing import Any, TypedDict

from django.http import Http404
from django.utils import timezone
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from djirgo.accounts.models import User
from djirgo.events.api.serializers import EnvelopeOutput
from djirgo.events.envelope import envelope
from djirgo.events.models import Event
from djirgo.rest.pages import Ordering
from djirgo.rest.preconditions import etag, known_to_client, required_version
from djirgo.rest.serializers import StrictSerializer
from djirgo.rest.views import PAGE_PARAMETERS, GenericViewSet
from djirgo.tasks import events
from djirgo.tasks.api.filters import TaskFilter
from djirgo.tasks.api.serializers import (
    AssignInput,
    EditsInput,
    FailInput,
    NothingInput,
    RevisionInput,
    TaskOutput,
)
from djirgo.tasks.models import Status, Task
from djirgo.tasks.models.queryset import TaskQuerySet
from djirgo.tasks.representation import COLUMNS, Row, represent

#: The API's names for the orders, and the columns behind them.
ORDER_COLUMNS = {
    "id": "id",
    "pub_date": "created_at",
    "updated_at": "updated_at",
    "due_at": "due_order",
    "priority": "priority",
}


class Said(TypedDict):
    """Who said it, and when."""

    by: User
    at: datetime


class TaskViewSet(GenericViewSet):
    lookup_value_regex = r"\d{1,18}"
    has_versions = True
    #: The verbs of whoever performs tasks: what an API token with the scope `work` is for.
    work_actions = frozenset(
        {"claim", "claim_this", "renew", "start", "pause", "resume", "release", "complete", "fail"}
    )
    queryset = Task.objects.all()
    serializer_class = TaskOutput
    filter_backends = [DjangoFilterBackend]
    filterset_class = TaskFilter
    orderings = tuple(
        Ordering(sign + name, column, bool(sign)) for name, column in ORDER_COLUMNS.items() for sign in ("-", "")
    )

    # --- Reading --------------------------------------------------------------------------------------------------

    def list(self, request: Request) -> Response:
        now = timezone.now()
        tasks: Any = self.filter_queryset(self.get_queryset())
        rows = self.paginate_queryset(tasks.rows())
        return self.get_paginated_response([represent(row, now=now) for row in rows or ()])

    @extend_schema(responses={200: TaskOutput, 304: OpenApiResponse(description="You have this version already.")})
    def retrieve(self, request: Request, pk: str) -> Response:
        row = self.get_queryset().rows().filter(pk=pk).first()
        if row is None:
            raise Http404
        shown = represent(row, now=timezone.now())
        headers = {"ETag": etag(shown["version"])}
        # A running clock shows another time with every look, although the version stays.
        if not shown["is_running"] and known_to_client(request, shown["version"]):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
        return Response(shown, headers=headers)

    @extend_schema(responses=EnvelopeOutput(many=True), filters=False)
    @action(detail=True, orderings=(Ordering("id", "id", False),), filterset_class=None)
    def history(self, request: Request, pk: str) -> Response:
        task = self._task()
        happened = self.paginate_queryset(Event.objects.about(events.subject(task.pk)))
        return self.get_paginated_response([envelope(event) for event in happened or ()])

    # --- Writing --------------------------------------------------------------------------------------------------

    @extend_schema(request=EditsInput, responses={201: TaskOutput})
    def create(self, request: Request) -> Response:
        task = Task.create(**self._said(), **self._checked(EditsInput).edits)
        response = self._shown(task)
        response.status_code = status.HTTP_201_CREATED
        response["Location"] = request.build_absolute_uri(f"/api/tasks/{task.pk}/")
        return response

    @extend_schema(request=RevisionInput, responses=TaskOutput)
    def update(self, request: Request, pk: str) -> Response:
        """A PUT carries the whole task: the status that the task has already asks for nothing."""
        said = self._checked(RevisionInput)
        task = self._task()
        return self._shown(task.revise(_unless_same(said.status, task), **self._said(), **said.edits))

    @extend_schema(request=RevisionInput, responses=TaskOutput)
    def partial_update(self, request: Request, pk: str) -> Response:
        said = self._checked(RevisionInput, partial=True)
        return self._shown(self._task().revise(said.status, **self._said(), **said.edits))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        self._task().delete_for_good(**self._said())
        return Response(status=status.HTTP_204_NO_CONTENT)

    # --- The verbs ------------------------------------------------------------------------------------------------

    @extend_schema(request=AssignInput, responses=TaskOutput)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        performer = self._checked(AssignInput).validated_data["performer"]
        return self._shown(self._task().assign(performer, **self._said()))

    @extend_schema(request=NothingInput, responses=TaskOutput)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str) -> Response:
        self._checked(NothingInput)
        return self._shown(self._task().start(**self._said()))

    @extend_schema(request=NothingInput, responses=TaskOutput)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        self._checked(NothingInput)
        return self._shown(self._task().pause(**self._said()))

    @extend_schema(request=NothingInput, responses=TaskOutput)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        self._checked(NothingInput)
        return self._shown(self._task().resume(**self._said()))

    @extend_schema(request=NothingInput, responses=TaskOutput)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> Response:
        self._checked(NothingInput)
        return self._shown(self._task().release(**self._said()))

    @extend_schema(request=NothingInput, responses=TaskOutput)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: str) -> Response:
        self._checked(NothingInput)
        return self._shown(self._task().complete(**self._said()))

    @extend_schema(request=FailInput, responses=TaskOutput)
    @action(detail=True, methods=["post"])
    def fail(self, request: Request, pk: str) -> Response:
        said = self._checked(FailInput).validated_data
        return self._shown(self._task().fail(said["reason"], retry=said["retry"], **self._said()))

    @extend_schema(request=NothingInput, responses=TaskOutput)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        self._checked(NothingInput)
        return self._shown(self._task().cancel(**self._said()))

    @extend_schema(request=NothingInput, responses=TaskOutput)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        self._checked(NothingInput)
        return self._shown(self._task().reopen(**self._said()))

    # --- What they share ------------------------------------------------------------------------------------------

    def get_queryset(self) -> TaskQuerySet:
        return Task.objects.visible_to(self.request.user)

    def allowed_parameters(self, request: Request) -> frozenset[str]:
        if self.action == "list":
            return PAGE_PARAMETERS | frozenset(TaskFilter.base_filters)
        return PAGE_PARAMETERS if self.action == "history" else frozenset()

    def default_ordering(self, request: Request) -> Ordering:
        """Newest first; a list that is cut out of an order comes in that order."""
        asked = request.query_params
        name = (
            "due_at" if {"due_before", "due_after"} & set(asked) else "updated_at" if "updated_since" in asked else ""
        )
        return next((ordering for ordering in self.orderings if ordering.name == name), self.orderings[0])

    def order_value(self, row: Row, column: str) -> Any:
        return row[COLUMNS.index(column)]

    def _task(self) -> Task:
        """The task that the address names, to be changed only at the version that `If-Match` names."""
        task = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if task is None:
            raise Http404
        return task.expecting(required_version(self.request))

    def _checked(self, serializer_class: type[StrictSerializer], *, partial: bool = False) -> Any:
        said = serializer_class(data=self.request.data, partial=partial, context={"request": self.request})
        said.is_valid(raise_exception=True)
        return said

    def _said(self) -> Said:
        return {"by": self.request.user, "at": timezone.now()}  # type: ignore[typeddict-item]

    def _shown(self, task: Task) -> Response:
        return Response(task.shown(now=timezone.now()), headers={"ETag": etag(task.version)})


def _unless_same(asked: Status | None, task: Task) -> Status | None:
    return None if asked == task.status else asked
