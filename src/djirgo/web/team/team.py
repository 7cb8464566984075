"""Who is on a project, what each of them has in hand, and whether they could take more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.urls import reverse

from djirgo.accounts.models import User
from djirgo.tasks.models import Membership, Project, Role, Task
from djirgo.tasks.models.queryset import TaskQuerySet
from djirgo.tasks.models.status import OPEN
from djirgo.web.cards import Card, card

#: So many people are shown, and so many tasks of each.
MOST_PEOPLE, MOST_TASKS = 100, 5


@dataclass
class Teammate:
    user: User
    #: None of whoever takes no part by name, but works in an open project.
    membership: Membership | None
    load: int = 0
    tasks: Sequence[Card] = field(default_factory=list)
    #: Their cards on the board.
    address: str = ""

    @property
    def limit(self) -> int | None:
        return self.membership.wip_limit if self.membership else None

    @property
    def is_away(self) -> bool:
        return self.membership is not None and not self.membership.available

    @property
    def is_full(self) -> bool:
        return self.limit is not None and self.load >= self.limit

    @property
    def length(self) -> int:
        """In hundredths of their limit."""
        return min(100, 100 * self.load // self.limit) if self.limit else 0

    @property
    def hidden(self) -> int:
        return max(0, self.load - len(self.tasks))


def team(project: Project, user: User, *, now: datetime) -> Mapping[str, Any]:
    """Everybody, as far as one sees what they have."""
    tasks = Task.objects.of_project(project, seen_by=user)
    loads = tasks.loads()
    people = people_of(project, loads)
    held = held_by(people, tasks, now=now)
    for mate in people:
        mate.load = loads.get(mate.user.pk, 0)
        mate.tasks = held.get(mate.user.username, [])
        mate.address = f"{reverse('board', args=[project.pk])}?performer={mate.user.username}"
    return {
        "project": project,
        "people": people,
        "is_whole": project.shows_all_to(user),
        "more": len(people) >= MOST_PEOPLE,
        "manages": (project.role_of(user) or Role.VIEWER) >= Role.MANAGER,
    }


def people_of(project: Project, loads: Mapping[int, int]) -> Sequence[Teammate]:
    """The members who work; and in an open project whoever else holds something."""
    members = project.memberships.taking_part().filter(user__closed_at=None).select_related("user")
    known = [Teammate(member.user, member) for member in members.order_by("user_id")[:MOST_PEOPLE]]
    others = sorted(loads.keys() - {mate.user.pk for mate in known})[: MOST_PEOPLE - len(known)]
    return known + [Teammate(user, None) for user in User.objects.filter(pk__in=others).order_by("pk")]


def held_by(people: Sequence[Teammate], tasks: TaskQuerySet, *, now: datetime) -> Mapping[str, Sequence[Card]]:
    """The first few of each: what runs, what is begun, and then the most urgent."""
    place = Window(
        RowNumber(),
        partition_by=F("performer"),
        order_by=[F("status"), F("running_since").asc(nulls_last=True), F("priority").desc(), F("due_order"), F("id")],
    )
    held = tasks.filter(status__in=OPEN, performer__in=[mate.user.pk for mate in people])
    firsts = held.annotate(place=place).filter(place__lte=MOST_TASKS).order_by("place").rows()
    found: dict[str, list[Card]] = {}
    for row in firsts:
        found.setdefault(str(row[4]), []).append(card(row, now=now))
    return found
