"""What has to be finished first. The list itself stands in the task; these rows are its index, in both directions.

The tasks of a project and what waits for what are a graph without cycles. Whoever changes the graph, or finishes a task
that others wait for, holds the project while they do, so that no cycle is closed from two sides at once and nobody is
told of a blocker that has just been finished.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from django.db import models

from djirgo.accounts.models import User
from djirgo.errors import Invalid
from djirgo.tasks.models.status import FINISHED

if TYPE_CHECKING:
    from djirgo.tasks.models.project import Project
    from djirgo.tasks.models.queryset import TaskQuerySet

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


class Dependent(models.Model):
    """The part of a task that says what it waits for, and whether others wait for it."""

    blocked_by = models.JSONField(default=list)
    #: Something that it waits for is unfinished.
    is_blocked = models.BooleanField(default=False)
    #: Others wait for it, or did once.
    blocks_others = models.BooleanField(default=False)

    if TYPE_CHECKING:
        objects: models.Manager[Any]
        project: models.ForeignKey[Project, Project]
        dependencies: DependencyQuerySet

    class Meta:
        abstract = True

    def _depend_on(self, ids: Sequence[int], by: User | None) -> None:
        """Wait for these tasks and no others. They are locked, so that none is finished before it knows of us."""
        blockers = list(self._possible_blockers(by).filter(pk__in=ids).order_by("pk").select_for_update(of=("self",)))
        if missing := set(ids) - {blocker.pk for blocker in blockers}:
            named = ", ".join(map(str, sorted(missing)))
            raise InvalidBlockers(f"There is no task {named} in this project.", field="blocked_by")
        refuse_cycle(self.pk, ids)
        self.dependencies.exclude(blocker__in=ids).delete()
        rows = [Dependency(task_id=self.pk, blocker=blocker) for blocker in blockers]
        Dependency.objects.bulk_create(rows, ignore_conflicts=True)
        type(self).objects.filter(pk__in=ids, blocks_others=False).update(blocks_others=True)
        self.is_blocked = any(blocker.status not in FINISHED for blocker in blockers)

    def _possible_blockers(self, by: User | None) -> "TaskQuerySet":
        """Of its project what they see; and what it waits for already, so that a task can be sent back as it is."""
        known: TaskQuerySet = self.project.tasks.all()
        return known.visible_to(by) | known.filter(pk__in=self.dependencies.values("blocker")) if by else known

    def _dependents(self) -> list[Self]:
        if not self.blocks_others:
            return []
        return list(type(self).objects.filter(dependencies__blocker=self.pk).order_by("pk"))

    def _look_at_blockers_again(self) -> None:
        """Which of them are still there, and whether all of those are finished."""
        waits_for = set(self.dependencies.values_list("blocker", flat=True))
        self.blocked_by = [blocker for blocker in self.blocked_by if blocker in waits_for]
        self.is_blocked = self.dependencies.unfinished().exists()
        # Also where nobody sees it, because the task is not new.
        type(self).objects.filter(pk=self.pk).update(is_blocked=self.is_blocked)


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
