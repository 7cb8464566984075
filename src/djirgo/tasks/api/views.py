"""Tasks over HTTP: each view checks what was said, makes one call to the domain, and shows the task."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict

from django.http import Http404
from django.utils import timezone
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiResponse, PolymorphicProxySerializer, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request

from djirgo.accounts.models import User
from djirgo.events.api.serializers import EnvelopeOutput
from djirgo.events.envelope import envelope, read_instant
from djirgo.events.models import Event
from djirgo.rest.pages import Ordering
from djirgo.rest.preconditions import etag, known_to_client, required_version
from djirgo.rest.response import Response
from djirgo.rest.serializers import StrictSerializer
from djirgo.rest.views import PAGE_PARAMETERS, GenericViewSet
from djirgo.tasks import asked, events
from djirgo.tasks.api.filters import TaskFilter, common_list, user_named
from djirgo.tasks.api.serializers import (
    AssignInput,
    ClaimInput,
    ClaimThisInput,
    EditsInput,
    FailInput,
    NothingInput,
    RenewInput,
    RevisionInput,
    TaskOutput,
    TasksOutput,
    VerbInput,
)
from djirgo.tasks.claim import Wish
from djirgo.tasks.clock import database_now
from djirgo.tasks.hearing import told_of_a_task
from djirgo.tasks.models import Status, Task
from djirgo.tasks.models.queryset import TaskQuerySet
from djirgo.tasks.representation import COLUMNS, Row, represent
from djirgo.tasks.waiting import claim_or_wait, wait_for_work

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
        common = common_list(request.query_params, self._user)
        tasks: Any = common or self.filter_queryset(self.get_queryset()).rows()  # type: ignore[attr-defined]
        rows = self.paginate_queryset(tasks)
        return self.get_paginated_response([represent(row, now=now) for row in rows or ()])

    @extend_schema(responses={200: TaskOutput, 304: OpenApiResponse(description="You have this version already.")})
    def retrieve(self, request: Request, pk: str) -> Response:
        row = asked.row(self._user, int(pk))
        if row is None:
            raise Http404
        shown = represent(row, now=timezone.now())
        headers = {"ETag": etag(shown["version"])}
        is_known = known_to_client(request, shown["version"])
        # A running clock and a renewed lease show other times, although the version stays.
        if is_known and not (shown["is_running"] or shown["lease"]):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
        return Response(shown, headers=headers)

    @extend_schema(responses=EnvelopeOutput(many=True), filters=False)
    @action(detail=True, orderings=(Ordering("id", "id", False),), filterset_class=None)
    def history(self, request: Request, pk: str) -> Response:
        task = self._task()
        told = Event.objects.about(events.subject(task.pk)).filter(told_of_a_task(self._user))
        happened = self.paginate_queryset(told)
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
        status = _unless_same(said.status, task)
        return self._shown(task.revise(status, lease=said.token, **self._said(), **said.edits))

    @extend_schema(request=RevisionInput, responses=TaskOutput)
    def partial_update(self, request: Request, pk: str) -> Response:
        said = self._checked(RevisionInput, partial=True)
        return self._shown(self._sought().revise(said.status, lease=said.token, **self._said(), **said.edits))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        self._task().delete_for_good(**self._said())
        return Response(status=status.HTTP_204_NO_CONTENT)

    # --- The verbs ------------------------------------------------------------------------------------------------

    @extend_schema(request=AssignInput, responses=TaskOutput)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        return self._shown(self._task().assign(**self._words(AssignInput), **self._said()))

    @extend_schema(request=NothingInput, responses=TaskOutput)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str) -> Response:
        return self._shown(self._task().start(**self._words(NothingInput), **self._said()))

    @extend_schema(request=VerbInput, responses=TaskOutput)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        return self._shown(self._task().pause(**self._words(VerbInput), **self._said()))

    @extend_schema(request=VerbInput, responses=TaskOutput)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        return self._shown(self._task().resume(**self._words(VerbInput), **self._said()))

    @extend_schema(request=VerbInput, responses=TaskOutput)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> Response:
        return self._shown(self._task().release(**self._words(VerbInput), **self._said()))

    @extend_schema(request=VerbInput, responses=TaskOutput)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: str) -> Response:
        return self._shown(self._task().complete(**self._words(VerbInput), **self._said()))

    @extend_schema(request=FailInput, responses=TaskOutput)
    @action(detail=True, methods=["post"])
    def fail(self, request: Request, pk: str) -> Response:
        return self._shown(self._task().fail(**self._words(FailInput), **self._said()))

    @extend_schema(request=VerbInput, responses=TaskOutput)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        return self._shown(self._task().cancel(**self._words(VerbInput), **self._said()))

    @extend_schema(request=NothingInput, responses=TaskOutput)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        return self._shown(self._task().reopen(**self._words(NothingInput), **self._said()))

    # --- The queue ------------------------------------------------------------------------------------------------

    @extend_schema(
        operation_id="tasks_claim",
        request=ClaimInput,
        responses={
            200: PolymorphicProxySerializer(
                "Claimed", serializers=[TaskOutput, TasksOutput], resource_type_field_name=None
            ),
            204: OpenApiResponse(description="There is none."),
        },
        filters=False,
    )
    @action(detail=False, methods=["post"], pagination_class=None)
    def claim(self, request: Request) -> Response:
        """The most urgent task that is ready, started for you; or up to `limit` of them."""
        said = self._words(ClaimInput)
        tasks = claim_or_wait(
            self._wish(said),
            seconds=0 if self._has_waited else said["wait_seconds"],
            lease_seconds=said.get("lease_seconds"),
            limit=said.get("limit", 1),
        )
        if "limit" in said:
            return Response({"results": [_with_token(task) for task in tasks]})
        return self._claimed(tasks[0]) if tasks else Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(operation_id="tasks_claim_this", request=ClaimThisInput, responses=TaskOutput)
    @action(detail=True, methods=["post"], url_path="claim")
    def claim_this(self, request: Request, pk: str) -> Response:
        """This task, started for you."""
        lease_seconds = self._words(ClaimThisInput).get("lease_seconds")
        return self._claimed(self._task().claim(lease_seconds=lease_seconds, by=self._user, at=database_now()))

    @extend_schema(request=RenewInput, responses=TaskOutput)
    @action(detail=True, methods=["post"])
    def renew(self, request: Request, pk: str) -> Response:
        """A lease for longer, from now on."""
        said = self._words(RenewInput)
        seconds = said.get("lease_seconds")
        return self._shown(self._task().renew(said["lease"], seconds=seconds, by=self._user, at=database_now()))

    def before_answering(self, request: Request) -> None:
        """With a key the claim is made inside the transaction of its answer, in which nobody may wait."""
        self._has_waited = self.action == "claim" and "HTTP_IDEMPOTENCY_KEY" in request.META
        if self._has_waited:
            said = self._words(ClaimInput)
            wait_for_work(self._wish(said), seconds=said["wait_seconds"])

    def _wish(self, said: dict[str, Any]) -> Wish:
        return Wish(self._user, said.get("project"), said.get("labels", ()))

    def _claimed(self, task: Task) -> Response:
        return Response(_with_token(task), headers={"ETag": etag(task.version)})

    # --- What they share ------------------------------------------------------------------------------------------

    def get_queryset(self) -> TaskQuerySet:
        return Task.objects.visible_to(self.request.user)

    def lists(self, queryset: Any) -> Sequence[Any]:
        """What somebody watches is several lists in one."""
        name = self.request.query_params.get("watcher") if self.action == "list" else None
        if not name:
            return [queryset]
        watcher = user_named(name, self._user)
        return queryset.watched_by(watcher) if watcher else []

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

    def order_value(self, row: Row | Event, column: str) -> Any:
        """A list is of rows, a history of events."""
        if not isinstance(row, tuple):
            return super().order_value(row, column)
        value = row[COLUMNS.index(column)]
        return read_instant(value) if isinstance(value, str) else value

    def _task(self) -> Task:
        """The task that the address names, to be changed only at the version that `If-Match` names."""
        task = asked.task(self._user, int(self.kwargs["pk"]))
        if task is None:
            raise Http404
        return task.expecting(required_version(self.request))

    def _sought(self) -> Task:
        """The same, to be looked for when it is changed; a tag is looked at only by who may see what it is of."""
        if "HTTP_IF_MATCH" in self.request.META:
            return self._task()
        return Task.sought(int(self.kwargs["pk"]), by=self._user)

    def _checked(self, serializer_class: type[StrictSerializer], *, partial: bool = False) -> Any:
        said = serializer_class(data=self.request.data, partial=partial, context={"request": self.request})
        said.is_valid(raise_exception=True)
        return said

    def _words(self, serializer_class: type[StrictSerializer]) -> dict[str, Any]:
        """What was said to a verb."""
        words: dict[str, Any] = self._checked(serializer_class).validated_data
        return words

    @property
    def _user(self) -> User:
        return self.request.user  # type: ignore[return-value]

    def _said(self) -> Said:
        """Leases are counted by the clock of the database; for all else ours is good enough, and nearer."""
        is_leased = isinstance(self.request.data, dict) and "lease" in self.request.data
        return {"by": self._user, "at": database_now() if is_leased else timezone.now()}

    def _shown(self, task: Task) -> Response:
        return Response(task.shown(now=timezone.now()), headers={"ETag": etag(task.version)})


def _with_token(task: Task) -> dict[str, Any]:
    """The task as whoever claimed it sees it, and nobody else."""
    shown = task.shown(now=timezone.now())
    return shown | {"lease": shown["lease"] | {"token": task.lease_token}} if task.lease_token else shown


def _unless_same(asked: Status | None, task: Task) -> Status | None:
    return None if asked == task.status else asked
