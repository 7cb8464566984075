"""How a project's tasks are given out: one function for each policy, and this table of them.

A policy is asked about one task after another. It is told who can take the task, which is at least one, and answers who
gets it and why. It looks at nothing else, so that it can be tried without a database. A new policy is one function, and
one line in the table.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from djirgo.tasks.models.project import MANUAL


@dataclass
class Candidate:
    """Somebody who may be given work, and what a policy may go by."""

    id: int
    username: str
    #: How many open tasks of the project they have.
    load: int = 0
    #: How many they are given at most; None is any number.
    limit: int | None = None
    #: The project's turn in which they were last given something; 0 is never.
    turn: int = 0
    skills: frozenset[str] = frozenset()

    @property
    def has_room(self) -> bool:
        return self.limit is None or self.load < self.limit

    def can_do(self, labels: Iterable[str]) -> bool:
        return self.skills.issuperset(labels)


#: Who gets it, and why.
Choice = tuple[Candidate, str]
Policy = Callable[[Sequence[Candidate]], Choice]


def round_robin(able: Sequence[Candidate]) -> Choice:
    """Whoever was given something least recently."""
    chosen = min(able, key=lambda candidate: (candidate.turn, candidate.id))
    past = "was given something least recently" if chosen.turn else "was not given anything yet"
    return chosen, f"{chosen.username} {past}, of {len(able)} who can take it"


def least_loaded(able: Sequence[Candidate]) -> Choice:
    """Whoever has the fewest open tasks of the project; of several, whoever was given something least recently."""
    chosen = min(able, key=lambda candidate: (candidate.load, candidate.turn, candidate.id))
    limit = "" if chosen.limit is None else f", {chosen.limit} at most"
    return chosen, f"{chosen.username} has the fewest open tasks ({chosen.load}{limit}), of {len(able)} who can take it"


#: None gives nothing out: people pick, or are assigned.
POLICIES: Mapping[str, Policy | None] = {
    MANUAL: None,
    "round_robin": round_robin,
    "least_loaded": least_loaded,
}
