"""Who hears of which events: whoever may see what they are about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import F, Q

from djirgo.accounts.models import User
from djirgo.tasks import events
from djirgo.tasks.models import Project


@dataclass(frozen=True, slots=True)
class Hearing:
    """What somebody hears of, as things stood when it was asked: a condition for rows, and the same of one at hand.

    That is everything of the projects that they see whole; where they see only their own tasks, what is about those.
    What happens to a project and its members is heard by all who see it.
    """

    name: str
    hears_all: bool = False
    whole: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()

    @classmethod
    def of(cls, user: User) -> Self:
        if user.is_staff:
            return cls(user.username, hears_all=True)
        whole, own = (frozenset(map(events.scope, projects)) for projects in Project.objects.seen_by(user))
        return cls(user.username, whole=whole, own=own)

    def condition(self) -> Q:
        if self.hears_all:
            return Q()
        heard = Q(scope__in=sorted(self.whole))
        if self.own:
            name = self.name
            is_about_them = (
                Q(data__task__owner=name) | Q(data__task__performer=name) | Q(data__changed__performer__from=name)
            )
            heard |= Q(scope__in=sorted(self.own)) & (is_about_them | Q(subject=F("scope")))
        return heard

    def includes(self, scope: str, subject: str, about: frozenset[str]) -> bool:
        """Whether they hear of an event of this scope that is about these people."""
        if self.hears_all or scope in self.whole:
            return True
        return scope in self.own and (subject == scope or self.name in about)


def heard_by(user: User) -> Q:
    return Hearing.of(user).condition()


def about(data: Mapping[str, Any]) -> frozenset[str]:
    """The names of those whose task it is, or was."""
    paths = (("task", "owner"), ("task", "performer"), ("changed", "performer", "from"))
    return frozenset(name for path in paths if isinstance(name := _at(data, *path), str))


def _at(data: Any, *path: str) -> Any:
    for step in path:
        data = data.get(step) if isinstance(data, Mapping) else None
    return data


def told_of_a_task(user: User) -> Q:
    """Of the history of a task that they see: what happened in projects that they see, and not where it was before."""
    if user.is_staff:
        return Q()
    whole, own = Project.objects.seen_by(user)
    return Q(scope__in=[events.scope(project) for project in whole + own])
