"""Giving out what waits: the most urgent first, each to whom the project's policy chooses of those who can take it.

Work is given out under the lock of the project, so that each choice knows all those before it: turns and limits hold
however many give out at once. Nobody is waited for meanwhile, since tasks that others have locked are stepped over:
what becomes of them is told in an event, and that sets it off again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from djirgo.accounts.models import User
from djirgo.distribution.piles import Pile, piles
from djirgo.distribution.policies import Policy
from djirgo.distribution.room import Room
from djirgo.tasks.models import Project, Task
from djirgo.tasks.models.project import policies

#: As many are given out in one transaction, so that the project is not held for long.
STEP = 50


@dataclass(frozen=True)
class Offer:
    """A task, who is to have it, and by which rule and why."""

    task: Task
    performer: User
    rule: str
    reason: str


@transaction.atomic
def dispatch(project: Project, *, at: datetime, most: int = STEP) -> list[Offer]:
    """Give out up to so many tasks. Done twice, it does nothing more: whoever wants it all goes on until it is less."""
    project.lock()
    room = Room(project)
    given = []
    for offer in islice(offers(room, is_locking=True), most):
        offer.task.give(offer.performer, rule=offer.rule, reason=offer.reason, at=at)
        given.append(offer)
    room.keep_turns()
    return given


def with_work_to_give_out() -> QuerySet[Project]:
    """The projects that have both a policy and something that waits."""
    # Asked of each project, because PostgreSQL may answer EXISTS by walking over all that waits anywhere.
    waiting = Task.objects.waiting().filter(project=OuterRef("pk")).most_urgent_first()
    first = Subquery(waiting.values("pk")[:1])
    return Project.objects.giving_out_work().alias(first=first).exclude(first=None).order_by("pk")


def offers(room: Room, *, is_locking: bool = False) -> Iterator[Offer]:
    """Who gets what, one after the other, for as long as there is something that somebody can take."""
    rule = room.project.policy
    policy = policies().get(rule)
    if policy and room.free:
        row = [pile for pile in piles(room.project, is_locking=is_locking) if room.able(pile.labels)]
        while pile := _most_urgent(row):
            yield from _offer(pile, row, room, rule, policy)


def _offer(pile: Pile, row: list[Pile], room: Room, rule: str, policy: Policy) -> Iterator[Offer]:
    """The first task of the pile; a pile of which nobody can take anything any more is put aside."""
    able = room.able(pile.labels)
    task = pile.take() if able else None
    if task is None:
        row.remove(pile)
        return
    chosen, reason = policy(able)
    room.took(chosen)
    yield Offer(task, room.user(chosen), rule, reason)


def _most_urgent(row: list[Pile]) -> Pile | None:
    """The pile with the most urgent first task; those that have none are left out from now on."""
    row[:] = [pile for pile in row if pile.first()]
    return min(row, key=lambda pile: pile.first() or (), default=None)
