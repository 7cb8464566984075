"""A month of work, played in the order in which it would have happened: each step says when the next one is.

The people come in the morning, take what is theirs or what waits, work, stop for lunch, finish or give up, and go.
Days begin so that somebody who looks now sees them at work.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from djirgo.accounts.models import User
from djirgo.demo.cast import (
    AFTER,
    AWAY,
    BOT,
    COMMENTS,
    DETAILS,
    MOVING_HOUSE,
    NIGHTLY,
    PEOPLE,
    REASONS,
    WEB_SHOP,
    Person,
    Work,
)
from djirgo.demo.team import Team
from djirgo.distribution.dispatch import dispatch
from djirgo.tasks.models import Comment, Priority, Project, Status, Task
from djirgo.tasks.models.edits import Edits

DAYS = 30
SATURDAY = 5
#: How far into its working day today is, whatever the clock says.
INTO_TODAY = timedelta(hours=5)
DAY = timedelta(hours=8)
LUNCH, LUNCH_BREAK = timedelta(hours=4), timedelta(minutes=40)
MINUTE = timedelta(minutes=1)
PRIORITIES = (Priority.NORMAL,) * 6 + (Priority.HIGH,) * 2 + (Priority.LOW, Priority.URGENT)

Step = Callable[[datetime], None]


@dataclass
class Month:
    team: Team
    now: datetime
    days: int = DAYS
    #: The same month every time, for pictures that can be taken again.
    chance: random.Random = field(default_factory=lambda: random.Random(11))  # noqa: S311  it decides about nothing
    _steps: list[tuple[datetime, int, Step]] = field(default_factory=list)
    _turn: "count[int]" = field(default_factory=count)
    #: What comes next; none comes again before all the others have.
    _pile: list[Work] = field(default_factory=list)

    def play(self) -> None:
        mornings = self._mornings()
        self._at(mornings[0] + 3 * MINUTE, self._put_in_the_move)
        for morning in mornings:
            self._plan_day(morning)
        while self._steps and self._steps[0][0] <= self.now:
            at, _, step = heappop(self._steps)
            step(at)

    # --- The days -------------------------------------------------------------------------------------------------

    def _mornings(self) -> list[datetime]:
        days = [self.now - INTO_TODAY - timedelta(days=days) for days in range(self.days, -1, -1)]
        return [morning for morning in days[:-1] if morning.weekday() < SATURDAY] + days[-1:]

    def _plan_day(self, morning: datetime) -> None:
        age = (self.now - morning).days
        self._at(morning, self._put_in_the_day)
        self._at(morning + 5 * MINUTE, self._tidy_up)
        for place, person in enumerate(PEOPLE):
            if person.name != AWAY or age > 0:
                self._at(morning + MINUTE * (9 + 7 * place), self._comes(person, morning))
        if age == 0:
            self._at(morning, self._goes_away)
        self._at(morning - timedelta(hours=3), self._night)

    def _at(self, at: datetime, step: Step) -> None:
        heappush(self._steps, (at, next(self._turn), step))

    # --- What is put in -------------------------------------------------------------------------------------------

    def _put_in_the_day(self, at: datetime) -> None:
        for place, work in enumerate(self._draw(self.chance.choice((6, 7, 8)))):
            self._at(at + MINUTE * (37 * place), lambda at, work=work: self._put_in(work, at))  # type: ignore[misc]

    def _draw(self, number: int) -> list[Work]:
        if len(self._pile) < number:
            self._pile += self.chance.sample(WEB_SHOP, len(WEB_SHOP))
        drawn, self._pile = self._pile[:number], self._pile[number:]
        return drawn

    def _put_in(self, work: Work, at: datetime) -> None:
        text, labels = work
        due = at + timedelta(days=self.chance.randint(1, 9)) if self.chance.random() < 0.45 else None
        edits: Edits = {
            "text": text + self.chance.choice(DETAILS),
            "labels": list(labels),
            "priority": self.chance.choice(PRIORITIES),
            "due_at": due and due.replace(hour=23, minute=59, second=0, microsecond=0),
            "project": self.team.shop,
        }
        Task.create(**edits, by=self.chance.choice(self._people()), at=at)
        self._give_out(at)

    def _put_in_the_move(self, at: datetime) -> None:
        made: dict[str, Task] = {}
        for text, labels in MOVING_HOUSE:
            waits_for = [made[AFTER[text]].pk] if text in AFTER else []
            made[text] = Task.create(
                text=text,
                labels=list(labels),
                blocked_by=waits_for,
                due_at=self.now + timedelta(days=self.chance.randint(-2, 20)),
                project=self.team.house,
                by=self.team.founder,
                at=at,
            )

    def _night(self, at: datetime) -> None:
        for text, labels in NIGHTLY:
            edits: Edits = {"text": text, "labels": list(labels), "project": self.team.shop}
            Task.create(**edits, by=self.team.founder, at=at)
            self._give_out(at)
            self._bot_works(at + MINUTE)
            at += MINUTE * 20
        self._bot_works(at + MINUTE)

    def _give_out(self, at: datetime) -> None:
        dispatch(self.team.shop, at=at)

    def _tidy_up(self, at: datetime) -> None:
        """What failed days ago is tried once more, or given up."""
        failed = self.team.shop.tasks.filter(status=Status.FAILED, updated_at__lt=at - timedelta(days=6))
        for task in failed.order_by("pk"):
            if self.chance.random() < 0.6:
                task.reopen(by=self.team.founder, at=at)
            else:
                task.cancel(by=self.team.founder, at=at)
        self._give_out(at)

    # --- Who works ------------------------------------------------------------------------------------------------

    def _comes(self, person: Person, morning: datetime) -> Step:
        def step(at: datetime) -> None:
            user, over = self.team.users[person.name], at >= morning + DAY
            task = None if over else self._next_for(user)
            if task is None:
                if not over:
                    self._at(at + 40 * MINUTE, step)
                return
            if task.status == Status.NEW:
                task.start(by=user, at=at)
            else:
                task.resume(by=user, at=at)
            self._at(self._until(person, morning, at), self._stops(task, person, morning, step))

        return step

    def _stops(self, task: Task, person: Person, morning: datetime, then: Step) -> Step:
        def step(at: datetime) -> None:
            user = self.team.users[person.name]
            task.refresh_from_db()
            is_lunch = abs(at - (morning + LUNCH)) < MINUTE
            if is_lunch or at >= morning + DAY:
                task.pause(by=user, at=at)
            elif self.chance.random() < 0.09:
                task.fail(self.chance.choice(REASONS), retry=self.chance.random() < 0.7, by=user, at=at)
            else:
                self._says_something(task, user, at)
                task.complete(by=user, at=at)
            if task.status != Status.IN_PROGRESS:
                self._give_out(at)
            self._at(at + (LUNCH_BREAK if is_lunch else 6 * MINUTE), then)

        return step

    def _until(self, person: Person, morning: datetime, at: datetime) -> datetime:
        """Until it is done, it is lunch time, or they go home."""
        done = at + timedelta(hours=person.hours * self.chance.uniform(0.6, 2.0))
        breaks = [when for when in (morning + LUNCH, morning + DAY) if when > at]
        return min([done, *breaks])

    def _next_for(self, user: User) -> Task | None:
        """What they have begun, what they were given, and else what waits in the other project."""
        held = Task.objects.held_by(user).filter(is_blocked=False).order_by("-status", "-priority", "due_order", "id")
        begun = held.filter(status=Status.IN_PROGRESS, running_since=None).first()
        given = held.filter(status=Status.NEW).most_urgent_first().first()
        return begun or given or self._from(self.team.house)

    def _from(self, project: Project) -> Task | None:
        return project.tasks.waiting().most_urgent_first().first() if self.chance.random() < 0.1 else None

    def _says_something(self, task: Task, user: User, at: datetime) -> None:
        if self.chance.random() < 0.35:
            other = self.chance.choice([person.name for person in PEOPLE if person.name != user.username])
            Comment.add(task, self.chance.choice(COMMENTS).format(other=other), by=user, at=at)

    def _bot_works(self, at: datetime) -> None:
        task = Task.objects.waiting_for(self.team.bot).first()
        if task is None:
            return
        task.claim(lease_seconds=600, by=self.team.bot, at=at)
        lease = task.lease_token
        if self.chance.random() < 0.08:
            task.expire_lease(at=at + timedelta(seconds=601))
        else:
            length = timedelta(minutes=BOT.hours * 60 * self.chance.uniform(0.2, 0.6))
            task.complete(by=self.team.bot, at=at + min(length, timedelta(seconds=590)), lease=lease)

    def _goes_away(self, at: datetime) -> None:
        user = self.team.users[AWAY]
        self.team.shop.change_member(user, available=False, hand_back=True, by=user, at=at)
        self._give_out(at)

    def _people(self) -> list[User]:
        return [self.team.users[person.name] for person in PEOPLE]
