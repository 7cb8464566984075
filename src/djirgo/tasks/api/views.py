"""Tasks over HTTP: each view checks what was said, makes one call to the domain, and shows the task."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404
from django.utils import timezone
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request

from djirgo.events.api.serializers import EnvelopeOutput
from djirgo.events.envelope import envelope, read_instant
from djirgo.events.models import Event
from djirgo.rest.pages import Ordering
from djirgo.rest.preconditions import etag, known_to_client
from djirgo.rest.response import Response
from djirgo.rest.views import PAGE_PARAMETERS
from djirgo.tasks import asked, events
from djirgo.tasks.api.filters import TaskFilter, common_list, user_named
from djirgo.tasks.api.queue import Queue
from djirgo.tasks.api.serializers import EditsInput, RevisionInput, TaskOutput
from djirgo.tasks.api.verbs import Verbs
from djirgo.tasks.hearing import told_of_a_task
from djirgo.tasks.models import Status, Task
from djirgo.tasks.representation import COLUMNS, Row, represent

#: The API's names for the orders, and the columns behind them.
ORDER_COLUMNS = {
    "id": "id",
    "pub_date": "created_at",
    "updated_at": "updated_at",
    "due_at": "due_order",
    "priority": "priority",
}


class TaskViewSet(Verbs, Queue):
    has_versions = True
    #: The verbs of whoever performs tasks: what an API token with the scope `work` is for.
    work_actions = frozenset(
        {"claim", "claim_this", "renew", "start", "pause", "resume", "release", "complete", "fail"}
    )
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

    # --- What a list may be asked -----------------------------------------------------------------------------------

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


def _unless_same(asked: Status | None, task: Task) -> Status | None:
    return None if asked == task.status else asked
