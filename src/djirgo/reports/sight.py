"""Whose work somebody may see in a report: what they may see of the tasks, and no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from djirgo.accounts.models import User
from djirgo.tasks.models import Project


@dataclass(frozen=True)
class Sight:
    #: The projects that are seen whole; None is all that there are.
    whole: Sequence[int] | None
    #: Those of which they see what is their own.
    own: Sequence[int]

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(None, ()) if user.is_staff else cls(*Project.objects.seen_by(user))

    def of_project(self, project: int) -> Self:
        """As much of it as is in one project."""
        whole = [project] if self.whole is None or project in self.whole else []
        return type(self)(whole, [project] if project in self.own else [])
