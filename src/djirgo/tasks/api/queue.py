"""The queue over HTTP: the next task, this task, and a lease for longer."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, PolymorphicProxySerializer, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request

from djirgo.rest.preconditions import etag
from djirgo.rest.response import Response
from djirgo.tasks.api.base import TaskView
from djirgo.tasks.api.serializers import ClaimInput, ClaimThisInput, RenewInput, TaskOutput, TasksOutput
from djirgo.tasks.claim import Wish
from djirgo.tasks.clock import database_now
from djirgo.tasks.models import Task
from djirgo.tasks.waiting import claim_or_wait, wait_for_work


class Queue(TaskView):
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


def _with_token(task: Task) -> dict[str, Any]:
    """The task as whoever claimed it sees it, and nobody else."""
    shown = task.shown(now=timezone.now())
    return shown | {"lease": shown["lease"] | {"token": task.lease_token}} if task.lease_token else shown
