"""Why a task waits: in words, and by a code that programs may rely on."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from djirgo.distribution.policies import Candidate
from djirgo.distribution.room import Room
from djirgo.tasks.models import Task
from djirgo.tasks.models.project import policies


class Cause(StrEnum):
    BLOCKED = "blocked"
    POLICY_IS_MANUAL = "policy_is_manual"
    NO_MEMBERS = "no_members"
    SKILLS_MISSING = "skills_missing"
    NOBODY_AVAILABLE = "nobody_available"
    ALL_AT_LIMIT = "all_at_limit"
    NEXT_IN_LINE = "next_in_line"


@dataclass(frozen=True)
class Why:
    cause: Cause
    detail: str
    #: The labels that stand in the way.
    skills: Sequence[str] = ()


def why(task: Task, room: Room) -> Why:
    """Of several causes the one that has to be dealt with first."""
    if task.is_blocked:
        return Why(Cause.BLOCKED, f"It waits for {', '.join(map(str, task.blocked_by))} to be finished.")
    if policies().get(room.project.policy) is None:
        return Why(Cause.POLICY_IS_MANUAL, "This project gives nothing out: people pick its tasks, or are assigned.")
    return _nobody(task.labels, room)


def _nobody(labels: Sequence[str], room: Room) -> Why:
    members = room.present + room.away
    if not members:
        return Why(Cause.NO_MEMBERS, "The project has no members who could be given anything.")
    if not any(member.can_do(labels) for member in members):
        return _unskilled(labels, members)
    if not any(member.can_do(labels) for member in room.present):
        return Why(Cause.NOBODY_AVAILABLE, "Whoever could take it is away.")
    if not room.able(labels):
        return Why(Cause.ALL_AT_LIMIT, "Everybody who could take it is at their limit.")
    return Why(Cause.NEXT_IN_LINE, "It is given out next.")


def _unskilled(labels: Sequence[str], members: Sequence[Candidate]) -> Why:
    known = frozenset[str]().union(*(member.skills for member in members))
    if unknown := [label for label in labels if label not in known]:
        return Why(Cause.SKILLS_MISSING, f"No member has the skill {', '.join(unknown)}.", unknown)
    return Why(Cause.SKILLS_MISSING, f"No member has all of the skills {', '.join(labels)}.", labels)
