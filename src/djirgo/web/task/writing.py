"""What people add to a task: where it is refused, the task is shown again with what they said and what is wrong."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from django.http import HttpResponse

from djirgo.errors import Invalid
from djirgo.tasks.models import Task
from djirgo.web.refusals import in_words
from djirgo.web.task.views import TaskView


class Writing(TaskView, ABC):
    #: The part of the page where a refusal is told.
    part: ClassVar[str]

    @abstractmethod
    def write(self, task: Task) -> None:
        """The one call to the domain that a view makes."""

    def post(self, request: Any, pk: int, **_: Any) -> HttpResponse:
        task = self.task(pk)
        try:
            self.write(task)
        except Invalid as refusal:
            words = in_words(refusal.code, str(refusal))
            return self.panel(self.task(pk), errors={self.part: [words]}, said=request.POST)
        return self.done(self.task(pk))
