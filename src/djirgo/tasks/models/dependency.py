"""What has to be finished first. The list itself stands in the task; these rows are its index, in both directions.

The tasks of a project and what waits for what are a graph without cycles. Whoever changes the graph, or finishes a task
that others wait for, holds the project while they do, so that no cycle is closed from two sides at once and nobody is
told of a blocker that has just been finished.
"""

from collections.abc import Sequence
from typing import Self

from django.db import models

from djirgo.errors import Invalid
from djirgo.tasks.models.status import FINISHED

MOST_BLOCKERS = 100


class InvalidBlockers(Invalid):
    code = "invalid_blockers"


class DependencyCycle(Invalid):
    code = "dependency_cycle"


class DependencyQuerySet(models.QuerySet["Dependency"]):
    def unfinished(self) -> Self:
        return self.exclude(blocker__status__in=FINISHED)


class Dependency(models.Model):
    task = models.ForeignKey("tasks.Task", models.CASCADE, related_name="dependencies", db_index=False)
    blocker = models.ForeignKey("tasks.Task", models.CASCADE, related_name="dependents")

    objects = DependencyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "blocker"], name="a_task_waits_for_another_once"),
            models.CheckConstraint(condition=~models.Q(task=models.F("blocker")), name="no_task_waits_for_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} waits for {self.blocker_id}"


def checked_blockers(ids: Sequence[int]) -> list[int]:
    """The ids, each once, in the order given."""
    once = list(dict.fromkeys(ids))
    if len(once) > MOST_BLOCKERS:
        raise InvalidBlockers(f"A task waits for {MOST_BLOCKERS} others at most.", field="blocked_by")
    return once


def refuse_cycle(task_id: int, blockers: Sequence[int]) -> None:
    """Walk from the blockers to what they wait for, and so on: the task must not be met."""
    met: set[int] = set()
    ahead = set(blockers)
    while ahead:
        if task_id in ahead:
            raise DependencyCycle("A task cannot wait for one that waits for it.", field="blocked_by")
        met |= ahead
        found = Dependency.objects.filter(task__in=ahead).values_list("blocker", flat=True)
        ahead = set(found) - met
