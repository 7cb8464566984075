"""Who watches a task, so that they are told of what is said about it.

Its owner and its performer watch it by being what they are, and leave no row. A row says that somebody else does, or
that somebody does not want to, which holds whatever they become afterwards. Who may not see the task any more does not
watch it; their row stays, for when they come back.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import QuerySet

from djirgo.accounts.models import User
from djirgo.tasks.models.seeing import who_sees

if TYPE_CHECKING:
    from djirgo.tasks.models.task import Task


class WatchQuerySet(models.QuerySet["Watch"]):
    def begin(self, task: "Task", users: Iterable[User]) -> None:
        """They have something to do with it, and so watch it, unless they have said that they do not want to."""
        self.bulk_create((Watch(task=task, user=user, is_watching=True) for user in users), ignore_conflicts=True)


class Watch(models.Model):
    """Whether somebody watches a task."""

    task = models.ForeignKey("tasks.Task", models.CASCADE, related_name="watches", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="watches", db_index=False)
    is_watching = models.BooleanField()

    objects = WatchQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "user"], name="somebody_watches_a_task_or_does_not"),
        ]
        indexes = [models.Index(fields=["user", "is_watching", "task"], name="watch_of_user")]

    def __str__(self) -> str:
        return f"{self.user} {'watches' if self.is_watching else 'does not watch'} {self.task_id}"

    @classmethod
    def say(cls, task: "Task", is_watching: bool, *, by: User) -> None:
        """Watch it, or do not, whatever was so before. That is no change of the task."""
        said = Watch(task=task, user=by, is_watching=is_watching)
        with task._held():
            Watch.objects.bulk_create(
                [said], update_conflicts=True, unique_fields=["task", "user"], update_fields=["is_watching"]
            )


def watchers_of(task: "Task") -> QuerySet[User]:
    said = dict(Watch.objects.filter(task=task.pk).values_list("user", "is_watching"))
    by_themselves = {user: True for user in (task.owner_id, task.performer_id) if user is not None}
    watching = [user for user, is_watching in (by_themselves | said).items() if is_watching]
    return who_sees(task).filter(pk__in=watching)
