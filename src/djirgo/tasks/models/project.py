"""A project: tasks that belong together, who may see and do them, and how they are given out.

    stranger ── sees nothing of a private project, and is a member of an open one
    viewer   ── sees it
    member   ── puts tasks in and works on them
    manager  ── looks after tasks, members and the policy
    owner    ── makes owners, and deletes it

What is said of a private project holds everywhere: who may not see it is told that it is not there.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, TypedDict, Unpack

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.module_loading import import_string

from djirgo.accounts.models import User
from djirgo.errors import Conflict, Forbidden, Invalid, Missing
from djirgo.events.envelope import instant
from djirgo.statements import Slot, Statement
from djirgo.tasks import events
from djirgo.tasks.models.membership import MOST_AT_ONCE, Membership, Role, checked_skills

if TYPE_CHECKING:
    from djirgo.tasks.models.queryset import TaskQuerySet

#: The project that a task belongs to where none is named: open, and there from the beginning.
GENERAL = 1
LONGEST_NAME = 100
MANUAL = "manual"


class ProjectGone(Missing):
    """There is no such project, or not for the one who asks."""


class NotYourRole(Forbidden):
    code = "role_too_low"


class LastOwner(Conflict):
    code = "last_owner"


class AlreadyMember(Conflict):
    code = "already_member"


class NotAMember(Missing):
    """Nobody of that name takes part in the project."""


class ProjectNotEmpty(Conflict):
    code = "project_not_empty"


class GeneralStays(Conflict):
    code = "general_stays"


class InvalidName(Invalid):
    code = "invalid_name"


class InvalidPolicy(Invalid):
    code = "invalid_policy"


class InvalidMember(Invalid):
    code = "invalid_member"


class ProjectEdits(TypedDict, total=False):
    """What its managers may write into a project."""

    name: str
    is_open: bool
    own_tasks_only: bool
    policy: str


class MemberEdits(TypedDict, total=False):
    """What may be written into a membership."""

    role: Role
    skills: list[str]
    wip_limit: int | None
    available: bool


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


class Project(models.Model):
    name = models.CharField(max_length=LONGEST_NAME)
    #: Everybody who is logged in takes part as a member.
    is_open = models.BooleanField(default=False)
    #: Members see the tasks that they own or perform, and no others. Managers see all.
    own_tasks_only = models.BooleanField(default=False)
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

    # --- Who takes part -------------------------------------------------------------------------------------------

    def admit(self, user: User, *, by: User | None, at: datetime, **edits: Unpack[MemberEdits]) -> Membership:
        """Take somebody in. Into an open project everybody may bring themselves."""
        joins_by_themselves = self.is_open and by == user and edits.keys() <= {"role", "available"}
        role = edits.get("role", Role.MEMBER)
        needed = Role.OWNER if role == Role.OWNER else Role.MANAGER
        if joins_by_themselves and role <= Role.MEMBER:
            needed = Role.MEMBER
        with self._changing(needed, by=by):
            if not user.is_active:
                raise InvalidMember("This account is closed.", field="username")
            if self.memberships.filter(user=user).exists():
                raise AlreadyMember(f"{user} takes part already.")
            return self._admit(user, edits, by=by, at=at)

    def change_member(
        self, user: User, *, by: User | None, at: datetime, hand_back: bool = False, **edits: Unpack[MemberEdits]
    ) -> Membership:
        """People may say of themselves whether they are there; the rest is for managers, and owners for owners.

        Whoever goes away may hand back what they have not begun.
        """
        with self._changing(Role.VIEWER, by=by):
            membership = self.member(user)
            self._require(self._role_to_change(membership, edits, by), by)
            before = membership.shown()
            self._write_member(membership, edits)
            if before["role"] == Role.OWNER.word and membership.role != Role.OWNER:
                self._keep_an_owner(user)
            membership.save()
            events.record_member(events.MEMBER_UPDATED, membership, before=before, by=by, at=at)
            if not self.is_worked_on_by(user):
                membership.handed_back = self._take_back(self.tasks.held_by(user), at=at)
            elif hand_back:
                membership.handed_back = self._take_back(self.tasks.waiting_for(user), at=at, also_begun=False)
        return membership

    def remove_member(self, user: User, *, by: User | None, at: datetime) -> None:
        """Let somebody go, or go: what they held comes back."""
        with self._changing(Role.VIEWER, by=by):
            membership = self.member(user)
            if by != user:
                self._require(Role.OWNER if membership.role == Role.OWNER else Role.MANAGER, by)
            if membership.role == Role.OWNER:
                self._keep_an_owner(user)
            self._take_back(self.tasks.held_by(user), at=at)
            events.record_member(events.MEMBER_REMOVED, membership, before=membership.shown(), by=by, at=at)
            membership.delete()

    def hand_back_not_started(self, user: User, *, by: User | None, at: datetime) -> int:
        """What somebody was given and has not begun becomes nobody's again; answers how many tasks that were."""
        with self._changing(Role.VIEWER, by=by):
            if by != user:
                self._require(Role.MANAGER, by)
            return self._take_back(self.tasks.waiting_for(user), at=at, also_begun=False)

    def member(self, user: User) -> Membership:
        membership = self.memberships.select_related("user").filter(user=user).first()
        if membership is None:
            raise NotAMember(f"{user} does not take part in this project.")
        membership.project = self
        return membership

    # --- Who may --------------------------------------------------------------------------------------------------

    def role_of(self, user: User) -> Role | None:
        """What somebody is here; None is a stranger, for whom the project does not exist."""
        given = Membership.objects.filter(project=self.pk, user=user).values_list("role", flat=True)
        return self.role_made_of(None if user.is_staff else given.first(), user)

    def role_made_of(self, given: int | None, user: User) -> Role | None:
        """What the role that they were given, if any, amounts to: an open project makes everybody a member."""
        if user.is_staff:
            return Role.OWNER
        if self.is_open:
            return Role(max(given or 0, Role.MEMBER))
        return None if given is None else Role(given)

    def is_seen_whole_as(self, role: Role) -> bool:
        """Whether whoever has this role sees all tasks, and not only their own."""
        return not self.own_tasks_only or role >= Role.MANAGER

    def is_worked_on_by(self, user: User) -> bool:
        """Whether they may hold tasks of it. An open project asks nobody."""
        return self.is_open or (self.role_of(user) or Role.VIEWER) >= Role.MEMBER

    def shows_all_to(self, user: User) -> bool:
        """Whether they see every task of it, and not only their own."""
        return not self.own_tasks_only or (self.role_of(user) or Role.VIEWER) >= Role.MANAGER

    def require_manager(self, by: User) -> None:
        """Refuse whoever is less; for a stranger the project is not there."""
        self._require(Role.MANAGER, by)

    def lock(self) -> Self:
        """Keep others from the project until the transaction ends. A project is locked before its tasks.

        Without the key, so that tasks can go on being put in.
        """
        try:
            self.refresh_from_db(from_queryset=Project.objects.select_for_update(no_key=True))  # type: ignore[arg-type]
        except Project.DoesNotExist:
            raise ProjectGone("There is no such project.") from None
        return self

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

    @contextmanager
    def _changing(self, needed: Role, *, by: User | None) -> Iterator[None]:
        with transaction.atomic():
            self.lock()
            self._require(needed, by)
            yield

    def _require(self, needed: Role, by: User | None) -> None:
        if by is None:
            return
        role = self.role_of(by)
        if role is None:
            raise ProjectGone("There is no such project.")
        if role < needed:
            raise NotYourRole(f"This is for those who are at least {needed.word} of the project.")

    def _role_to_change(self, membership: Membership, edits: MemberEdits, by: User | None) -> Role:
        if edits.keys() <= {"available"}:
            return Role.VIEWER if membership.user == by else Role.MANAGER
        return Role.OWNER if Role.OWNER in (membership.role, edits.get("role")) else Role.MANAGER

    def _admit(self, user: User, edits: MemberEdits, *, by: User | None, at: datetime) -> Membership:
        membership = Membership(project=self, user=user, joined_at=at)
        self._write_member(membership, edits)
        membership.save(force_insert=True)
        events.record_member(events.MEMBER_ADDED, membership, before={}, by=by, at=at)
        return membership

    def _keep_an_owner(self, leaving: User) -> None:
        if not self.memberships.owners().exclude(user=leaving).exists():
            raise LastOwner(f"{leaving} is the last owner. Make somebody else an owner first.")

    def _take_back(self, tasks: "TaskQuerySet", *, at: datetime, also_begun: bool = True) -> int:
        """Out of the hands in which they are; answers how many that were."""
        held = list(tasks.order_by("pk"))
        return sum(task.hand_back(by=None, at=at, also_begun=also_begun) for task in held)

    def _write(self, edits: ProjectEdits) -> None:
        for name, value in edits.items():
            setattr(self, name, CHECKED[name](value) if name in CHECKED else value)

    def _write_member(self, membership: Membership, edits: MemberEdits) -> None:
        for name, value in edits.items():
            setattr(membership, name, CHECKED[name](value) if name in CHECKED else value)


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


def checked_limit(limit: int | None) -> int | None:
    if limit is not None and not 1 <= limit <= MOST_AT_ONCE:
        raise InvalidMember(f"A limit is 1 to {MOST_AT_ONCE:,} tasks at once, or none.", field="wip_limit")
    return limit


def checked_policy(name: str) -> str:
    if name not in policies():
        raise InvalidPolicy(f"A policy is one of: {', '.join(policies())}.", field="policy")
    return name


CHECKED: dict[str, Callable[[Any], Any]] = {
    "name": checked_name,
    "policy": checked_policy,
    "skills": checked_skills,
    "wip_limit": checked_limit,
}
