"""Who of a project has room for something now, and what they have been given since they were looked at."""

from collections.abc import Iterable
from functools import cached_property

from djirgo.accounts.models import User
from djirgo.distribution.policies import Candidate
from djirgo.tasks.models import Membership, Project


class Room:
    """The members who are there. Whoever is about to give them something holds the project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.turns = project.turns
        self._loads = project.tasks.loads()
        self._memberships = {
            membership.user_id: membership for membership in project.memberships.workers().select_related("user")
        }
        self.present = [self._candidate(membership) for membership in self._memberships.values()]
        self.free = [candidate for candidate in self.present if candidate.has_room]

    @cached_property
    def away(self) -> list[Candidate]:
        """Those who would be given work if they were there."""
        return [self._candidate(membership) for membership in self.project.memberships.away().select_related("user")]

    def able(self, labels: Iterable[str]) -> list[Candidate]:
        """Who can take something that carries these labels."""
        return [candidate for candidate in self.free if candidate.can_do(labels)]

    def user(self, candidate: Candidate) -> User:
        return self._memberships[candidate.id].user

    def took(self, candidate: Candidate) -> None:
        """It is the next one's turn, and there may be no room any more."""
        self.turns += 1
        candidate.turn = self.turns
        candidate.load += 1
        if not candidate.has_room:
            self.free.remove(candidate)

    def keep_turns(self) -> None:
        """Write down whose turn it was."""
        moved = [candidate for candidate in self.present if candidate.turn > self.project.turns]
        for candidate in moved:
            self._memberships[candidate.id].turn = candidate.turn
        Membership.objects.bulk_update([self._memberships[candidate.id] for candidate in moved], ["turn"])
        if moved:
            self.project.turns = self.turns
            self.project.save(update_fields=["turns"])

    def _candidate(self, membership: Membership) -> Candidate:
        return Candidate(
            id=membership.user_id,
            username=membership.user.username,
            load=self._loads.get(membership.user_id, 0),
            limit=membership.wip_limit,
            turn=membership.turn,
            skills=frozenset(membership.skills),
        )
