"""The questions that are asked of many tasks."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models

from djirgo.accounts.models import User
from djirgo.tasks.models import search
from djirgo.tasks.models.label import Label
from djirgo.tasks.models.status import NEVER_DUE, Status
from djirgo.tasks.representation import COLUMNS

if TYPE_CHECKING:
    from djirgo.tasks.models.task import Task


class TaskQuerySet(models.QuerySet["Task"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The open project is everybody's."""
        return self if user.is_authenticated else self.none()

    def ready(self) -> Self:
        """Waiting for somebody to start them."""
        return self.filter(status=Status.NEW)

    def not_ready(self) -> Self:
        return self.exclude(status=Status.NEW)

    def in_progress(self) -> Self:
        return self.filter(status=Status.IN_PROGRESS)

    def finished_before(self, moment: datetime) -> Self:
        """Completed or cancelled, and not touched since."""
        return self.filter(status__in=[Status.COMPLETED, Status.CANCELLED], updated_at__lt=moment)

    def held_by_the_departed(self) -> Self:
        """In the hands of people who are no longer active."""
        return self.in_progress().filter(performer__is_active=False)

    def due_before(self, moment: datetime) -> Self:
        return self.filter(due_order__lt=moment)

    def due_after(self, moment: datetime) -> Self:
        """Asked of the column that lists are ordered by, so that both are answered from one index."""
        return self.filter(due_order__gt=moment, due_order__lt=NEVER_DUE)

    def labelled(self, name: str) -> Self:
        """By a list of ids: SQLite, unlike PostgreSQL, loses the order of the ids in a join."""
        return self.filter(pk__in=Label.objects.filter(name=name).values("task"))

    def matching(self, words: str) -> Self:
        """Full-text search: every word, in any of its forms, in Russian and English."""
        return self.filter(search.condition(words))

    def rows(self) -> "models.QuerySet[Task, tuple[Any, ...]]":
        """Plain rows for `represent`."""
        return self.values_list(*COLUMNS)
