"""Who may do what in a project:

    stranger ── sees nothing of a private project, and is a member of an open one
    viewer   ── sees it
    member   ── puts tasks in and works on them
    manager  ── looks after tasks, members and the policy
    owner    ── makes owners, and deletes it

What is said of a private project holds everywhere: who may not see it is told that it is not there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from django.core.exceptions import ObjectDoesNotExist
from django.db import models, transaction

from djirgo.accounts.models import User
from djirgo.errors import Forbidden, Missing
from djirgo.rows import ReadAsItIs
from djirgo.tasks.models.membership import Membership, Role


class ProjectGone(Missing):
    """There is no such project, or not for the one who asks."""


class NotYourRole(Forbidden):
    code = "role_too_low"


class Governed(ReadAsItIs):
    """The part of a project that knows what everybody is in it, and lets nobody change it who is too little."""

    #: Everybody who is logged in takes part as a member.
    is_open = models.BooleanField(default=False)
    #: Members see the tasks that they own or perform, and no others. Managers see all.
    own_tasks_only = models.BooleanField(default=False)

    if TYPE_CHECKING:
        objects: models.Manager[Any]

    class Meta:
        abstract = True

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
            self.refresh_from_db(from_queryset=type(self).objects.select_for_update(no_key=True))
        except ObjectDoesNotExist:
            raise ProjectGone("There is no such project.") from None
        return self

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
