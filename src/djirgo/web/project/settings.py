"""All that the settings of a project show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from djirgo.accounts.models import User
from djirgo.tasks.models import Membership, Project, Role
from djirgo.tasks.models.project import GENERAL, policies
from djirgo.web.names import POLICIES, ROLE_HINTS, ROLES

#: So many members are shown at once.
PAGE = 50


@dataclass(frozen=True)
class Member:
    """Somebody who takes part, and what whoever looks may do about it."""

    membership: Membership
    is_me: bool
    may_change: bool

    @property
    def role(self) -> str:
        return Role(self.membership.role).word


def settings(project: Project, user: User, *, after: int = 0, **more: Any) -> Mapping[str, Any]:
    role = project.role_of(user) or Role.VIEWER
    members = members_of(project, user, role, after=after)
    mine = project.memberships.filter(user=user).first()
    return {
        "project": project,
        "role": role.word,
        "manages": role >= Role.MANAGER,
        "owns": role >= Role.OWNER,
        "is_general": project.pk == GENERAL,
        "members": members[:PAGE],
        "after": members[PAGE - 1].membership.user_id if len(members) > PAGE else None,
        "is_first_page": not after,
        "mine": mine,
        "waiting": project.tasks.waiting_for(user)[:100].count() if mine else 0,
        "may_join": project.is_open and mine is None,
        "roles": [(word, ROLES[word], ROLE_HINTS[word]) for word in grantable(role)],
        "policies": [(name, POLICIES.get(name, name)) for name in policies()],
        "policy_words": POLICIES.get(project.policy, project.policy),
        "errors": {},
        "said": {},
    } | more


def members_of(project: Project, user: User, role: Role, *, after: int) -> Sequence[Member]:
    """A page of them, and one more where there are more."""
    members = project.memberships.filter(user__closed_at=None, user__gt=after).select_related("user")
    return [
        Member(member, member.user_id == user.pk, role >= max(Role.MANAGER, member.role))
        for member in members.order_by("user_id")[: PAGE + 1]
    ]


def grantable(role: Role) -> Sequence[str]:
    """Only owners make owners."""
    return [word for word in Role.words() if Role.of(word) <= max(role, Role.MANAGER)]
