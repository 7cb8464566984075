"""Watching a task, over HTTP."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request

from djirgo.accounts.api.serializers import UserOutput
from djirgo.rest.pages import Ordering
from djirgo.rest.response import Response
from djirgo.rest.views import PAGE_PARAMETERS, GenericViewSet
from djirgo.tasks.api.serializers import NothingInput
from djirgo.tasks.models import Task, Watch
from djirgo.tasks.models.queryset import TaskQuerySet
from djirgo.tasks.models.watch import watchers_of


class WatcherViewSet(GenericViewSet):
    lookup_value_regex = r"\d{1,18}"
    queryset = Task.objects.all()
    serializer_class = UserOutput

    @extend_schema(request=NothingInput, responses={204: None})
    @action(detail=True, methods=["post"])
    def watch(self, request: Request, pk: str) -> Response:
        """Be named in the events of its comments."""
        return self._say(True)

    @extend_schema(request=NothingInput, responses={204: None})
    @action(detail=True, methods=["post"])
    def unwatch(self, request: Request, pk: str) -> Response:
        """Be named there no more, whatever you have to do with it, until you watch it again."""
        return self._say(False)

    @extend_schema(responses=UserOutput(many=True))
    @action(detail=True, orderings=(Ordering("id", "id", False),))
    def watchers(self, request: Request, pk: str) -> Response:
        page = self.paginate_queryset(watchers_of(self._task()))
        return self.get_paginated_response(UserOutput(page or [], many=True).data)

    def get_queryset(self) -> TaskQuerySet:
        return Task.objects.visible_to(self.request.user)

    def allowed_parameters(self, request: Request) -> frozenset[str]:
        return PAGE_PARAMETERS if self.action == "watchers" else frozenset()

    def _say(self, is_watching: bool) -> Response:
        NothingInput(data=self.request.data).is_valid(raise_exception=True)
        Watch.say(self._task(), is_watching, by=self.request.user)  # type: ignore[arg-type]
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _task(self) -> Task:
        task = self.get_queryset().select_related("project").filter(pk=self.kwargs["pk"]).first()
        if task is None:
            raise Http404
        return task
