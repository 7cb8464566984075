"""What all views of a task share: who asks, of which task, and how it is shown."""

from datetime import datetime
from typing import Any, TypedDict

from django.http import Http404
from django.utils import timezone

from djirgo.accounts.models import User
from djirgo.rest.preconditions import etag, required_version
from djirgo.rest.response import Response
from djirgo.rest.serializers import StrictSerializer
from djirgo.rest.views import GenericViewSet
from djirgo.tasks import asked
from djirgo.tasks.clock import database_now
from djirgo.tasks.models import Task
from djirgo.tasks.models.queryset import TaskQuerySet


class Said(TypedDict):
    """Who said it, and when."""

    by: User
    at: datetime


class TaskView(GenericViewSet):
    """Of a task, or of tasks."""

    lookup_value_regex = r"\d{1,18}"
    queryset = Task.objects.all()

    def get_queryset(self) -> TaskQuerySet:
        return Task.objects.visible_to(self.request.user)

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
