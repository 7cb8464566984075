"""Who hears of which events is said twice, to the database and of an event at hand: both say the same."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from djirgo.accounts.models import User
from djirgo.events.models import Event
from djirgo.tasks.hearing import Hearing, about
from djirgo.tasks.models import Membership, Project
from djirgo.tasks.models.membership import Role
from tests.tasks.conftest import NOON

NAMES = st.sampled_from(["ann", "bob", "Ann", "", "projects/1", "null"]) | st.none()
ODDITIES = st.none() | st.integers(-(2**63), 2**63 - 1) | st.lists(NAMES, max_size=2) | st.just({})
PEOPLE = st.fixed_dictionaries({}, optional={"owner": NAMES | ODDITIES, "performer": NAMES | ODDITIES})
MOVES = st.fixed_dictionaries({}, optional={"from": NAMES | ODDITIES, "to": NAMES})
CHANGES = st.fixed_dictionaries({}, optional={"performer": MOVES | ODDITIES})
DATA = st.fixed_dictionaries({}, optional={"task": PEOPLE | ODDITIES, "changed": CHANGES | ODDITIES, "actor": NAMES})


@pytest.fixture
def listeners(ann: User, bob: User, boss: User) -> list[User]:
    """Ann sees one project whole, of another her own tasks, and nothing of a third; Bob manages the second."""
    for name in ("whole", "own", "closed"):
        Project.objects.create(name=name, own_tasks_only=name == "own", created_at=NOON)
    for user, name, role in [(ann, "whole", Role.VIEWER), (ann, "own", Role.MEMBER), (bob, "own", Role.MANAGER)]:
        Membership.objects.create(user=user, project=Project.objects.get(name=name), role=role, joined_at=NOON)
    return [ann, bob, boss]


@given(data=DATA, project=st.integers(0, 4), is_of_the_project=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_the_database_and_the_predicate_agree(
    listeners: list[User], data: dict[str, Any], project: int, is_of_the_project: bool
) -> None:
    places = [0, *Project.objects.order_by("pk").values_list("pk", flat=True)]
    scope = f"projects/{places[project]}"
    event = Event.objects.all().record(
        "task.updated", subject=scope if is_of_the_project else "tasks/1", scope=scope, data=data, at=NOON
    )
    for listener in listeners:
        hearing = Hearing.of(listener)
        found = Event.objects.filter(hearing.condition(), uuid=event.uuid).exists()
        assert hearing.includes(event.scope, event.subject, about(event.data)) == found, listener


def test_somebody_hears_of_their_own_tasks_and_of_those_they_had(listeners: list[User]) -> None:
    ann, bob, boss = map(Hearing.of, listeners)
    own = f"projects/{Project.objects.get(name='own').pk}"
    hers = [{"task": {"owner": "ann"}}, {"task": {"performer": "ann"}}, {"changed": {"performer": {"from": "ann"}}}]
    assert all(ann.includes(own, "tasks/1", about(data)) for data in hers)
    assert not ann.includes(own, "tasks/1", about({"task": {"owner": "cid"}, "actor": "ann"}))
    assert all(hearing.includes(own, "tasks/1", frozenset()) for hearing in (bob, boss))
