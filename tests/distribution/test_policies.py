"""The policies by themselves: who is chosen of those who can take it, and what is said about it."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djirgo.distribution.policies import POLICIES, Candidate, Policy, least_loaded, round_robin


def test_round_robin_chooses_whoever_was_given_something_least_recently() -> None:
    able = [Candidate(1, "ann", turn=3), Candidate(2, "bob", turn=1, load=9), Candidate(3, "cid", turn=2)]
    chosen, reason = round_robin(able)
    assert (chosen.username, reason) == ("bob", "bob was given something least recently, of 3 who can take it")


def test_round_robin_begins_with_whoever_was_never_given_anything() -> None:
    able = [Candidate(1, "ann", turn=1), Candidate(3, "cid"), Candidate(2, "bob")]
    chosen, reason = round_robin(able)
    assert (chosen.username, reason) == ("bob", "bob was not given anything yet, of 3 who can take it")


def test_least_loaded_chooses_whoever_has_the_fewest_open_tasks() -> None:
    able = [Candidate(1, "ann", load=2), Candidate(2, "bob", load=1, limit=5, turn=9)]
    chosen, reason = least_loaded(able)
    assert (chosen.username, reason) == ("bob", "bob has the fewest open tasks (1, 5 at most), of 2 who can take it")


def test_of_several_who_have_as_few_least_loaded_chooses_the_one_given_something_least_recently() -> None:
    able = [Candidate(1, "ann", load=1, turn=5), Candidate(2, "bob", load=1, turn=4), Candidate(3, "cid", load=2)]
    chosen, reason = least_loaded(able)
    assert (chosen.username, reason) == ("bob", "bob has the fewest open tasks (1), of 3 who can take it")


def simulate(policy: Policy, arrivals: list[set[int]], crew: int) -> list[int]:
    """Who is given each of the tasks, the first always among those who can take it; nobody ever finishes anything."""
    members = [Candidate(number, f"user{number}") for number in range(crew)]
    chosen = []
    for turn, able in enumerate(arrivals, start=1):
        member, _ = policy([members[0], members[1], *(members[number] for number in sorted(able - {0, 1}))])
        member.turn, member.load = turn, member.load + 1
        chosen.append(member.id)
    return chosen


@given(arrivals=st.lists(st.sets(st.integers(0, 5)), max_size=60), data=st.data())
def test_in_any_window_those_who_can_take_everything_differ_by_at_most_one(
    arrivals: list[set[int]], data: st.DataObject
) -> None:
    chosen = simulate(round_robin, arrivals, crew=6)
    start = data.draw(st.integers(0, len(chosen)))
    window = Counter(chosen[start : data.draw(st.integers(start, len(chosen)))])
    assert abs(window[0] - window[1]) <= 1


@given(arrivals=st.lists(st.sets(st.integers(0, 5)), max_size=60))
def test_least_loaded_never_leaves_those_who_can_take_everything_apart(arrivals: list[set[int]]) -> None:
    loads = Counter(simulate(least_loaded, arrivals, crew=6))
    assert abs(loads[0] - loads[1]) <= 1


@pytest.mark.parametrize("name", [name for name, policy in POLICIES.items() if policy])
@given(
    able=st.lists(
        st.builds(Candidate, st.integers(), st.just("x"), st.integers(0, 9), turn=st.integers(0, 9)), min_size=1
    )
)
def test_every_policy_chooses_one_of_those_who_can_take_it_and_changes_nothing(
    name: str, able: list[Candidate]
) -> None:
    policy = POLICIES[name]
    assert policy is not None
    before = [vars(candidate).copy() for candidate in able]
    chosen, reason = policy(able)
    assert any(chosen is candidate for candidate in able)
    assert reason
    assert [vars(candidate) for candidate in able] == before
