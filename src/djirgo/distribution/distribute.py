"""What a manager asks for: give out now what can be given, or say what would happen; and why the rest waits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice

from djirgo.accounts.models import User
from djirgo.distribution.dispatch import STEP, Offer, dispatch, offers
from djirgo.distribution.room import Room
from djirgo.distribution.why import Why, why
from djirgo.tasks.models import Project, Task

#: As many are given out, and as many that wait are shown, at once.
MOST = 200


@dataclass(frozen=True)
class Outcome:
    given: Sequence[Offer]
    waiting: Sequence[tuple[Task, Why]]
    #: Whether more waits than is shown.
    more: bool


def distribute(project: Project, *, by: User, at: datetime) -> Outcome:
    """Give out what can be given, in one transaction after the other."""
    project.require_manager(by)
    given: list[Offer] = []
    while len(given) < MOST and (step := dispatch(project, at=at, most=min(STEP, MOST - len(given)))):
        given += step
    return _outcome(given, Room(project))


def rehearse(project: Project, *, by: User) -> Outcome:
    """What `distribute` would do. Nothing is changed, and nobody is held up."""
    project.require_manager(by)
    room = Room(project)
    return _outcome(list(islice(offers(room), MOST)), room)


def _outcome(given: Sequence[Offer], room: Room) -> Outcome:
    waiting = list(islice(_waiting(room.project, {offer.task.pk for offer in given}), MOST + 1))
    return Outcome(given, [(task, why(task, room)) for task in waiting[:MOST]], more=len(waiting) > MOST)


def _waiting(project: Project, given: set[int]) -> Iterator[Task]:
    """What is left: first what somebody could take, then what waits for other tasks; each most urgent first."""
    ready = project.tasks.waiting().most_urgent_first()[: 2 * MOST + 1]
    blocked = project.tasks.blocked().most_urgent_first()[: MOST + 1]
    return (task for task in chain(ready.iterator(), blocked.iterator()) if task.pk not in given)
