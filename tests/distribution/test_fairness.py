"""Whatever happens in whatever order: no limit is passed, turns are fair, and nothing waits in vain."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from djirgo.accounts.models import User
from djirgo.distribution.dispatch import dispatch
from djirgo.distribution.distribute import rehearse
from djirgo.tasks.models import Priority, Project, Role, Status, Task
from tests.distribution.conftest import NOON, person

NAMES = ["ann", "bob", "cid", "dan"]
#: These two can take everything and are always there: what they are given is compared.
ALWAYS = ["eve", "fay"]
SKILLS = ["de", "fr", "ocr"]

names = st.sampled_from(NAMES)
skills = st.lists(st.sampled_from(SKILLS), unique=True)
limits = st.none() | st.integers(1, 3)


class Team(RuleBasedStateMachine):
    """A project in which people come and go, and tasks arrive, are worked on and come back."""

    policy: str

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.now = NOON
        self.boss = person("boss")
        self.project = Project.create(by=self.boss, at=NOON, name="Letters", policy=self.policy)
        self.project.change_member(self.boss, by=self.boss, at=NOON, available=False)
        for name in ALWAYS:
            self.project.admit(person(name), by=self.boss, at=NOON, skills=SKILLS)
        self.given: list[str] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    # --- What happens ---------------------------------------------------------------------------------------------

    @rule(labels=skills, priority=st.sampled_from(Priority), number=st.integers(1, 5))
    def arrive(self, labels: list[str], priority: Priority, number: int) -> None:
        for _ in range(number):
            edits: Any = {"labels": labels, "priority": priority}
            Task.create(by=self.boss, at=self._tick(), text="A letter", project=self.project, **edits)

    @rule(data=st.data())
    def arrive_blocked(self, data: st.DataObject) -> None:
        blocker = self._one_of(data, Status.NEW, Status.IN_PROGRESS)
        Task.create(by=self.boss, at=self._tick(), text="Later", project=self.project, blocked_by=[blocker.pk])

    @rule(data=st.data())
    def start(self, data: st.DataObject) -> None:
        task = self._one_of(data, Status.NEW)
        assume(not task.is_blocked)
        task.start(by=task.performer or person("eve"), at=self._tick())

    @rule(data=st.data(), verb=st.sampled_from(["complete", "release", "fail"]))
    def end(self, data: st.DataObject, verb: str) -> None:
        task = self._one_of(data, Status.IN_PROGRESS)
        getattr(task, verb)(by=task.performer, at=self._tick())

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self._one_of(data, Status.NEW, Status.IN_PROGRESS).cancel(by=self.boss, at=self._tick())

    @rule(name=names, skills=skills, limit=limits)
    def join(self, name: str, skills: list[str], limit: int | None) -> None:
        assume(self._membership(name) is None)
        self.project.admit(person(name), by=self.boss, at=self._tick(), skills=skills, wip_limit=limit)

    @rule(name=names, edits=st.fixed_dictionaries({}, optional={"skills": skills, "wip_limit": limits}))
    def change(self, name: str, edits: Any) -> None:
        assume(self._membership(name) is not None)
        self.project.change_member(person(name), by=self.boss, at=self._tick(), **edits)

    @rule(name=names, available=st.booleans(), hands_back=st.booleans())
    def come_or_go(self, name: str, available: bool, hands_back: bool) -> None:
        assume(self._membership(name) is not None)
        user = person(name)
        self.project.change_member(user, by=user, at=self._tick(), available=available)
        if hands_back and not available:
            self.project.hand_back_not_started(user, by=user, at=self._tick())

    @rule(name=names)
    def demote(self, name: str) -> None:
        assume(self._membership(name) is not None)
        self.project.change_member(person(name), by=self.boss, at=self._tick(), role=Role.VIEWER)

    @rule(name=names)
    def leave(self, name: str) -> None:
        assume(self._membership(name) is not None)
        self.project.remove_member(person(name), by=person(name), at=self._tick())

    # --- What then holds ------------------------------------------------------------------------------------------

    @rule(most=st.integers(1, 4))
    def settle(self, most: int) -> None:
        """Everything is given out, in steps; what was said beforehand is what comes true."""
        expected = [
            (offer.task.pk, offer.performer.username, offer.reason)
            for offer in rehearse(self.project, by=self.boss).given
        ]
        given = []
        while step := dispatch(self.project, at=self._tick(), most=most):
            given += [(offer.task.pk, offer.performer.username, offer.reason) for offer in step]
            self._check_limits({offer.performer.pk for offer in step})
        assert given == expected
        self.given += [name for _, name, _ in given]
        self._check_that_nothing_waits_in_vain()

    def _check_limits(self, given: set[int]) -> None:
        loads = self.project.tasks.loads()
        for membership in self.project.memberships.filter(user__in=given):
            assert membership.wip_limit is None or loads[membership.user_id] <= membership.wip_limit
            assert membership.available
            assert membership.is_worker

    def _check_that_nothing_waits_in_vain(self) -> None:
        """Once more by hand: of whatever waits, nobody who is there and has room has all the skills."""
        loads = self.project.tasks.loads()
        with_room = [
            set(membership.skills)
            for membership in self.project.memberships.all()
            if membership.role >= Role.MEMBER and membership.available
            if membership.wip_limit is None or loads.get(membership.user_id, 0) < membership.wip_limit
        ]
        for task in self.project.tasks.filter(status=Status.NEW, performer=None, is_blocked=False):
            assert not any(skills.issuperset(task.labels) for skills in with_room)

    # --- Its parts ------------------------------------------------------------------------------------------------

    def _tick(self) -> Any:
        self.now += timedelta(seconds=1)
        return self.now

    def _one_of(self, data: st.DataObject, *statuses: Status) -> Task:
        ids = list(self.project.tasks.filter(status__in=statuses).order_by("pk").values_list("pk", flat=True))
        assume(ids)
        return Task.objects.get(pk=data.draw(st.sampled_from(ids)))

    def _membership(self, name: str) -> Any:
        return self.project.memberships.filter(user__username=name).first()


class RoundRobin(Team):
    policy = "round_robin"

    @invariant()
    def in_every_window_those_who_can_always_take_everything_differ_by_at_most_one(self) -> None:
        turns = [name for name in self.given if name in ALWAYS]
        # Strictly in turn is the same as at most one apart in every window.
        assert all(first != second for first, second in pairwise(turns))


class LeastLoaded(Team):
    policy = "least_loaded"

    @rule()
    def limit_everybody(self) -> None:
        for name in ALWAYS:
            self.project.change_member(person(name), by=self.boss, at=self._tick(), wip_limit=4)


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("team", [RoundRobin, LeastLoaded])
def test_whatever_happens_turns_are_fair_and_limits_hold(team: type[Team]) -> None:
    for name in ["boss", *NAMES, *ALWAYS]:
        User.objects.create_user(name)
    run_state_machine_as_test(
        team,
        settings=settings(max_examples=25, stateful_step_count=30, suppress_health_check=list(HealthCheck)),
    )
