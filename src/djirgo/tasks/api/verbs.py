"""What is done with a task, each a verb of its own."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request

from djirgo.rest.response import Response
from djirgo.tasks.api.base import TaskView
from djirgo.tasks.api.serializers import AssignInput, FailInput, NothingInput, TaskOutput, VerbInput


class Verbs(TaskView):
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
