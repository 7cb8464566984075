"""A task's place in the queue: what waits, the most urgent first. The index of labels has it again for each label."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Value
from django.db.models.functions import Coalesce

from djirgo.rows import new, update_all
from djirgo.tasks.models.label import Label, LabelSet
from djirgo.tasks.models.status import NEVER_DUE, Priority, Status


class Queued(models.Model):
    """The part of a task that says when its turn comes, and who can do it."""

    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    labels = models.JSONField(default=list)
    label_set = LabelSet(max_length=64, default="", editable=False)
    due_at = models.DateTimeField(null=True, blank=True)
    #: Sorts the tasks that are never due last, and never null, so that one index serves both ends of the list.
    due_order = models.GeneratedField(
        expression=Coalesce("due_at", Value(NEVER_DUE)), output_field=models.DateTimeField(), db_persist=True
    )

    if TYPE_CHECKING:
        project_id: int
        performer_id: int | None
        status: str
        is_blocked: bool

    class Meta:
        abstract = True

    @property
    def is_waiting(self) -> bool:
        """For somebody to take it."""
        return self.status == Status.NEW and self.performer_id is None and not self.is_blocked

    @property
    def place_in_queue(self) -> dict[str, Any]:
        return {
            "project_id": self.project_id,
            "is_waiting": self.is_waiting,
            "priority": self.priority,
            "due_order": self.due_at or NEVER_DUE,
        }

    def _keep_place_in_queue(self, before: dict[str, Any]) -> None:
        if self.labels and self.place_in_queue != before:
            update_all(Label, ("task_id", self.pk), self.place_in_queue)

    def _index_labels(self) -> None:
        Label.objects.filter(task=self.pk).exclude(name__in=self.labels).delete()
        Label.objects.bulk_create(self._label_rows(), ignore_conflicts=True)

    def _label_rows(self) -> list[Label]:
        return [new(Label, task_id=self.pk, name=name, **self.place_in_queue) for name in self.labels]
