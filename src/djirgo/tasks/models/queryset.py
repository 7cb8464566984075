"""The questions that are asked of many tasks."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Count, Exists, FilteredRelation, OuterRef, Q
from django.db.models.expressions import RawSQL

from djirgo.accounts.models import User
from djirgo.tasks.models import search
from djirgo.tasks.models.label import Label
from djirgo.tasks.models.membership import Membership, Role
from djirgo.tasks.models.project import Project
from djirgo.tasks.models.status import NEVER_DUE, OPEN, Status
from djirgo.tasks.models.watch import Watch
from djirgo.tasks.representation import COLUMNS

if TYPE_CHECKING:
    from djirgo.tasks.models.task import Task

#: In the words of the indexes `task_load` and `task_finished`: SQLite finds them by the letter, and not by parameters
#: that mean the same.
IS_OPEN = RawSQL("status IN ('New', 'In_Progress')", (), output_field=models.BooleanField())
IS_FINISHED = RawSQL("status IN ('Cancelled', 'Completed')", (), output_field=models.BooleanField())


class TaskQuerySet(models.QuerySet["Task"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        if isinstance(user, AnonymousUser):
            return self.none()
        if user.is_staff:
            return self
        whole, own = Project.objects.seen_by(user)
        seen = Q(project__in=whole)
        if own:
            seen |= Q(project__in=own) & (Q(owner=user) | Q(performer=user))
        return self.filter(seen)

    def seen_by(self, user: Any) -> Self:
        """What `visible_to` shows to whoever is no staff, in one statement: for a task that is asked for by its id.

        For a list the database would plan it badly.
        """
        theirs = FilteredRelation("project__memberships", condition=Q(project__memberships__user=user))
        sees_all = Q(project__own_tasks_only=False) | Q(theirs__role__gte=Role.MANAGER)
        return self.alias(theirs=theirs).filter(
            Q(project__is_open=True) | Q(theirs__isnull=False),
            sees_all | Q(owner_id=user) | Q(performer_id=user),
        )

    def of_project(self, project: Project, *, seen_by: User) -> Self:
        """What somebody who may see the project sees of it."""
        tasks = self.filter(project=project)
        return tasks if project.shows_all_to(seen_by) else tasks.filter(Q(owner=seen_by) | Q(performer=seen_by))

    def told_of_to(self, user: User) -> Self:
        """What they see, and have not said that they do not want to watch."""
        if not user.is_active:
            return self.none()
        turned_away = Watch.objects.filter(task=OuterRef("pk"), user=user, is_watching=False)
        return self.visible_to(user).filter(~Exists(turned_away))

    def watched_by(self, user: User) -> list[Self]:
        """In several lists, each of which has an index: as an owner, as a performer, and by what they did or said."""
        told_of = self.told_of_to(user)
        watched = Watch.objects.filter(user=user, is_watching=True).values("task")
        return [told_of.filter(owner=user), told_of.filter(performer=user), told_of.filter(pk__in=watched)]

    def ready(self) -> Self:
        """New, and nothing unfinished blocks them."""
        return self.filter(status=Status.NEW, is_blocked=False)

    def not_ready(self) -> Self:
        return self.exclude(status=Status.NEW, is_blocked=False)

    def waiting(self) -> Self:
        """For anybody to take them."""
        return self.ready().filter(performer=None)

    def blocked(self) -> Self:
        """Nobody's yet, and something has to be finished first."""
        return self.filter(status=Status.NEW, is_blocked=True, performer=None)

    def waiting_for(self, user: User) -> Self:
        """In somebody's hands, and not begun."""
        return self.filter(status=Status.NEW, performer=user)

    def held_by(self, user: User) -> Self:
        return self.filter(status__in=OPEN, performer=user)

    def loads(self) -> dict[int, int]:
        """How many open tasks each performer has, by the performer's id; the others have none."""
        held = self.filter(IS_OPEN, performer__isnull=False).order_by()
        return dict(held.values_list("performer_id").annotate(number=Count("*")))

    def most_urgent_first(self) -> Self:
        """The order of the queue: priority, then due, then oldest."""
        return self.order_by("-priority", "due_order", "id")

    def carrying(self, labels: Sequence[str]) -> Self:
        """All of these labels."""
        tasks = self
        for name in labels:
            tasks = tasks.filter(Exists(Label.objects.filter(task=OuterRef("pk"), name=name)))
        return tasks

    def with_lease_expired(self, at: datetime) -> Self:
        return self.filter(lease_expires_at__lte=at).order_by("lease_expires_at")

    def finished_before(self, moment: datetime) -> Self:
        """Completed or cancelled, and not touched since."""
        return self.filter(IS_FINISHED, updated_at__lt=moment)

    def held_by_the_departed(self) -> Self:
        """In the hands of people who are no longer active, or take no part in the work of the project any more."""
        membership = Membership.objects.filter(project=OuterRef("project"), user=OuterRef("performer"))
        takes_part = Q(project__is_open=True) | Q(performer__is_staff=True) | Exists(membership.taking_part())
        return self.filter(status__in=OPEN, performer__isnull=False).exclude(Q(performer__is_active=True) & takes_part)

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

    def locked(self, *, skip: bool = False) -> Self:
        """Kept from all others until the transaction ends, with all that a change looks at."""
        whole = self.select_related("owner", "performer", "project")
        return whole.select_for_update(of=("self",), skip_locked=skip)

    def rows(self) -> "models.QuerySet[Task, tuple[Any, ...]]":
        """Plain rows for `represent`."""
        return self.values_list(*COLUMNS)
