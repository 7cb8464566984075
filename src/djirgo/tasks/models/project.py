"""A project: tasks that belong together, and how they are given out. What it is made of stands beside it:

    roles    Governed  who may see it, and do what in it
    members  Shared    all of this, and who comes and goes

Whoever changes it locks it first, and its tasks after it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Self, TypedDict, Unpack

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.module_loading import import_string

from djirgo.accounts.models import User
from djirgo.errors import Conflict, Invalid
from djirgo.events.envelope import instant
from djirgo.statements import Slot, Statement
from djirgo.tasks import events
from djirgo.tasks.models.members import Shared
from djirgo.tasks.models.membership import Membership, Role
from djirgo.tasks.models.roles import NotYourRole

#: The project that a task belongs to where none is named: open, and there from the beginning.
GENERAL = 1
LONGEST_NAME = 100
MANUAL = "manual"


class ProjectNotEmpty(Conflict):
    code = "project_not_empty"


class GeneralStays(Conflict):
    code = "general_stays"


class InvalidName(Invalid):
    code = "invalid_name"


class InvalidPolicy(Invalid):
    code = "invalid_policy"


class ProjectEdits(TypedDict, total=False):
    """What its managers may write into a project."""

    name: str
    is_open: bool
    own_tasks_only: bool
    policy: str


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        if not user.is_authenticated:
            return self.none()
        if user.is_staff:
            return self
        return self.filter(Q(is_open=True) | Q(pk__in=Membership.objects.filter(user=user).values("project")))

    def with_role_given_to(self, user: Any) -> Self:
        """Each with what somebody was made there, or null."""
        role = Membership.objects.filter(project=OuterRef("pk"), user=user).values("role")
        return self.annotate(role_given=Subquery(role))

    def seen_by(self, user: User) -> tuple[list[int], list[int]]:
        """The ids of the projects that they see all tasks of, and of those where they see only their own."""
        whole: list[int] = []
        own: list[int] = []
        for pk, own_tasks_only, role in _seen.rows(user=user.pk):
            sees_all = not own_tasks_only or (role or Role.VIEWER) >= Role.MANAGER
            (whole if sees_all else own).append(pk)
        return whole, own

    def worked_on_by(self, user: Any) -> Self:
        """Where they take part in the work. The staff sees everything, but works where it is a member."""
        takes_part = Membership.objects.taking_part().filter(user=user).values("project")
        return self.filter(Q(is_open=True) | Q(pk__in=takes_part))

    def giving_out_work(self) -> Self:
        """Those whose tasks are handed out by a policy, and not picked by people."""
        return self.exclude(policy=MANUAL)


class Project(Shared):
    name = models.CharField(max_length=LONGEST_NAME)
    #: How tasks are given out: a name from the table that the setting `DISTRIBUTION_POLICIES` names.
    policy = models.CharField(max_length=30, default=MANUAL)
    #: How often the policy has given something out.
    turns = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField()

    objects = ProjectQuerySet.as_manager()

    #: What the one who asks was made here; filled by `with_role_given_to`.
    role_given: int | None = None

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="a_project_has_a_name")]

    def __str__(self) -> str:
        return self.name

    # --- Coming and going -----------------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def create(cls, *, by: User, at: datetime, **edits: Unpack[ProjectEdits]) -> "Project":
        """Found a project; whoever does owns it."""
        if by.is_bot:
            raise NotYourRole("A bot founds no projects.")
        project = cls(created_at=at)
        project._write(edits)
        checked_name(project.name)
        project.save(force_insert=True)
        events.record_project(events.PROJECT_CREATED, project, by=by, at=at)
        project._admit(by, {"role": Role.OWNER}, by=by, at=at)
        return project

    def edit(self, *, by: User | None, at: datetime, **edits: Unpack[ProjectEdits]) -> Self:
        """Whoever has a task of it when it is closed, and is no member, gives it back."""
        with self._changing(Role.MANAGER, by=by):
            before = self.shown()
            self._write(edits)
            if self.pk == GENERAL and not self.is_open:
                raise GeneralStays("General is open to everybody, and stays so.")
            self.save()
            events.record_project(events.PROJECT_UPDATED, self, before=before, by=by, at=at)
            if before["is_open"] and not self.is_open:
                self._take_back(self.tasks.held_by_the_departed(), at=at)
        return self

    def delete_for_good(self, *, by: User | None, at: datetime) -> None:
        """Erase a project that has no tasks any more."""
        with self._changing(Role.OWNER, by=by):
            if self.pk == GENERAL:
                raise GeneralStays("General is where tasks go that name no project.")
            if self.tasks.exists():
                raise ProjectNotEmpty("Only a project without tasks can be deleted.")
            events.record_project(events.PROJECT_DELETED, self, before=self.shown(), by=by, at=at)
            self.delete()

    def shown(self) -> dict[str, Any]:
        """The project as the API and the events show it."""
        return {
            "id": self.pk,
            "name": self.name,
            "is_open": self.is_open,
            "own_tasks_only": self.own_tasks_only,
            "policy": self.policy,
            "created_at": instant(self.created_at),
        }

    # --- Its parts ------------------------------------------------------------------------------------------------

    def _write(self, edits: ProjectEdits) -> None:
        for name, value in edits.items():
            setattr(self, name, CHECKED[name](value) if name in CHECKED else value)


_seen = Statement(
    lambda: (
        Project.objects.with_role_given_to(Slot("user"))
        .filter(Q(is_open=True) | Q(role_given__isnull=False))  # type: ignore[misc]
        .values_list("pk", "own_tasks_only", "role_given")
    )
)


def found_general(**_: object) -> None:
    """See that the open project is there, also in a database that has just been emptied."""
    if not Project.objects.filter(pk=GENERAL).exists():
        Project.objects.create(pk=GENERAL, name="General", is_open=True, created_at=timezone.now())
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), [Project]):
                cursor.execute(statement)


def policies() -> Mapping[str, Any]:
    """How tasks can be given out. The table itself is wiring."""
    table: Mapping[str, Any] = import_string(settings.DISTRIBUTION_POLICIES)
    return table


def checked_name(name: str) -> str:
    """The name without the white space around it."""
    trimmed = name.strip()
    if not 0 < len(trimmed) <= LONGEST_NAME or not trimmed.isprintable():
        raise InvalidName(f"A project has a name of 1 to {LONGEST_NAME} characters.", field="name")
    return trimmed


def checked_policy(name: str) -> str:
    if name not in policies():
        raise InvalidPolicy(f"A policy is one of: {', '.join(policies())}.", field="policy")
    return name


CHECKED: dict[str, Callable[[Any], Any]] = {
    "name": checked_name,
    "policy": checked_policy,
}
