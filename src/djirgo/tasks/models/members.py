"""Those who take part in a project: how they are let in, and let go, and what becomes then of what they held."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from djirgo.accounts.models import User
from djirgo.errors import Conflict, Invalid, Missing
from djirgo.tasks import events
from djirgo.tasks.models.membership import MOST_AT_ONCE, Membership, MembershipQuerySet, Role, checked_skills
from djirgo.tasks.models.roles import Governed

if TYPE_CHECKING:
    from djirgo.tasks.models.queryset import TaskQuerySet


class LastOwner(Conflict):
    code = "last_owner"


class AlreadyMember(Conflict):
    code = "already_member"


class NotAMember(Missing):
    """Nobody of that name takes part in the project."""


class InvalidMember(Invalid):
    code = "invalid_member"


class MemberEdits(TypedDict, total=False):
    """What may be written into a membership."""

    role: Role
    skills: list[str]
    wip_limit: int | None
    available: bool


class Shared(Governed):
    """The part of a project that people come into and leave."""

    if TYPE_CHECKING:
        memberships: MembershipQuerySet
        tasks: TaskQuerySet

    class Meta:
        abstract = True

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
        return membership

    # --- Its parts ------------------------------------------------------------------------------------------------

    def _role_to_change(self, membership: Membership, edits: MemberEdits, by: User | None) -> Role:
        if edits.keys() <= {"available"}:
            return Role.VIEWER if membership.user == by else Role.MANAGER
        return Role.OWNER if Role.OWNER in (membership.role, edits.get("role")) else Role.MANAGER

    def _admit(self, user: User, edits: MemberEdits, *, by: User | None, at: datetime) -> Membership:
        membership = Membership(project=self, user=user, joined_at=at)  # type: ignore[misc]  # a part of a project
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

    def _write_member(self, membership: Membership, edits: MemberEdits) -> None:
        for name, value in edits.items():
            setattr(membership, name, CHECKED[name](value) if name in CHECKED else value)


def checked_limit(limit: int | None) -> int | None:
    if limit is not None and not 1 <= limit <= MOST_AT_ONCE:
        raise InvalidMember(f"A limit is 1 to {MOST_AT_ONCE:,} tasks at once, or none.", field="wip_limit")
    return limit


CHECKED: dict[str, Callable[[Any], Any]] = {
    "skills": checked_skills,
    "wip_limit": checked_limit,
}
