"""Who is given what, what the event says, and what waits for whom."""

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from djirgo.accounts.models import User
from djirgo.distribution import dispatch as giving_out
from djirgo.distribution import piles
from djirgo.distribution.dispatch import STEP, dispatch
from djirgo.events.models import Event
from djirgo.tasks.models import Priority, Project, Role, Task
from tests.distribution.conftest import NOON, Crew, give_out, performers, person, put_in


def test_a_task_is_given_and_its_event_says_by_which_rule_and_why(project: Project, crew: Crew) -> None:
    crew("ann", "bob")
    task = put_in(project)
    assert give_out(project) == [(task, "ann")]
    event = Event.objects.about(f"tasks/{task.pk}").last()
    assert event is not None
    assert (event.type, event.data["actor"], event.data["task"]["performer"]) == ("task.assigned", None, "ann")
    assert event.data["assignment"] == {
        "rule": "round_robin",
        "reason": "ann was not given anything yet, of 2 who can take it",
    }


def test_tasks_go_round(project: Project, crew: Crew) -> None:
    crew("ann", "bob", "cid")
    for _ in range(7):
        put_in(project)
    assert performers(project) == ["ann", "bob", "cid", "ann", "bob", "cid", "ann"]
    put_in(project)
    assert performers(project) == ["bob"]


def test_the_least_loaded_are_given_more(project: Project, crew: Crew) -> None:
    ann, _ = crew("ann", "bob")
    project.edit(by=None, at=NOON, policy="least_loaded")
    for _ in range(3):
        put_in(project).start(by=ann, at=NOON)
    for _ in range(5):
        put_in(project)
    assert Counter(performers(project)) == {"bob": 4, "ann": 1}


def test_what_somebody_has_in_another_project_is_no_load(project: Project, crew: Crew) -> None:
    ann, _ = crew("ann", "bob", wip_limit=1)
    Task.create(by=ann, at=NOON, text="Elsewhere").start(by=ann, at=NOON)
    put_in(project)
    assert performers(project) == ["ann"]


def test_the_most_urgent_are_given_first_whatever_their_labels(project: Project, crew: Crew) -> None:
    crew("ann", skills=["de", "ocr"], wip_limit=4)
    bare, labelled = put_in(project), put_in(project, "ocr")
    due = put_in(project, "de", due_at=NOON)
    urgent = put_in(project, "ocr", "de", priority=Priority.URGENT)
    low = put_in(project, priority=Priority.LOW)
    assert [task for task, _ in give_out(project)] == [urgent, due, bare, labelled]
    assert Task.objects.get(pk=low.pk).performer is None


def test_only_who_has_all_the_skills_is_given_it(project: Project, crew: Crew) -> None:
    crew("ann", skills=["ocr"])
    crew("bob", skills=["ocr", "de", "fr"])
    both = [put_in(project, "de", "ocr") for _ in range(3)]
    none = put_in(project, "ocr", "ru")
    assert give_out(project) == [(task, "bob") for task in both]
    assert Task.objects.get(pk=none.pk).performer is None


def test_those_at_their_limit_are_given_nothing_until_they_finish_something(project: Project, crew: Crew) -> None:
    (ann,) = crew("ann", wip_limit=2)
    first, second, third = (put_in(project) for _ in range(3))
    assert [task for task, _ in give_out(project)] == [first, second]
    Task.objects.get(pk=first.pk).start(by=ann, at=NOON)
    assert give_out(project) == []
    Task.objects.get(pk=first.pk).complete(by=ann, at=NOON)
    assert give_out(project) == [(third, "ann")]


@pytest.mark.parametrize("limit", [1, None])
def test_a_limit_of_none_is_none(project: Project, crew: Crew, limit: int | None) -> None:
    crew("ann", wip_limit=limit)
    for _ in range(5):
        put_in(project)
    assert len(performers(project)) == (limit or 5)


def test_viewers_the_absent_and_the_departed_are_given_nothing(project: Project, crew: Crew) -> None:
    crew("ann", role=Role.VIEWER)
    crew("bob", available=False)
    (cid,) = crew("cid")
    cid.deactivate()
    task = put_in(project)
    assert give_out(project) == []
    project.change_member(person("bob"), by=person("bob"), at=NOON, available=True)
    assert give_out(project) == [(task, "bob")]


def test_a_blocked_task_is_given_when_what_it_waits_for_is_finished(project: Project, crew: Crew) -> None:
    (ann,) = crew("ann")
    blocker = put_in(project)
    blocked = put_in(project, blocked_by=[blocker.pk], priority=Priority.URGENT)
    assert give_out(project) == [(blocker, "ann")]
    Task.objects.get(pk=blocker.pk).start(by=ann, at=NOON).complete(by=ann, at=NOON)
    assert give_out(project) == [(blocked, "ann")]


def test_a_task_that_comes_back_goes_to_the_next_one(project: Project, crew: Crew) -> None:
    ann, _ = crew("ann", "bob")
    task = put_in(project)
    give_out(project)
    project.change_member(ann, by=ann, at=NOON, available=False)
    assert give_out(project) == []
    project.hand_back_not_started(ann, by=ann, at=NOON)
    assert give_out(project) == [(task, "bob")]


def test_a_manual_project_gives_nothing_out(project: Project, crew: Crew) -> None:
    crew("ann")
    project.edit(by=None, at=NOON, policy="manual")
    put_in(project)
    assert give_out(project) == []


def test_whoever_joins_or_comes_back_is_given_one_thing_and_not_all_that_they_have_missed(
    project: Project, crew: Crew
) -> None:
    crew("ann", "bob")
    for _ in range(6):
        put_in(project)
    give_out(project)
    crew("cid")
    for _ in range(4):
        put_in(project)
    assert performers(project) == ["cid", "ann", "bob", "cid"]


def test_a_step_gives_no_more_than_it_is_told_and_the_next_goes_on(project: Project, crew: Crew) -> None:
    crew("ann", "bob")
    tasks = [put_in(project) for _ in range(5)]
    steps = [dispatch(project, at=NOON, most=2) for _ in range(4)]
    assert [[offer.task for offer in step] for step in steps] == [tasks[:2], tasks[2:4], tasks[4:], []]
    assert [offer.performer.username for step in steps for offer in step] == ["ann", "bob", "ann", "bob", "ann"]


def test_more_than_a_handful_of_every_pile_is_given_in_the_order_of_the_queue(
    project: Project, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(piles, "HANDFUL", 2)
    crew("ann", skills=["a", "b"])
    tasks = [put_in(project, *labels) for labels in ["a", "", "ab", "b", "a", "a", "", "ab", "b", "b", "a", "b"]]
    assert [task for task, _ in give_out(project)] == tasks


def test_among_more_piles_than_are_looked_at_none_is_forgotten(
    project: Project, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(piles, "MOST_PILES", 3)
    crew("ann", skills=["wanted"])
    for number in range(8):
        put_in(project, f"of no use {number}")
    task = put_in(project, "wanted")
    assert next(given for _ in range(500) if (given := give_out(project))) == [(task, "ann")]


def test_a_policy_that_is_no_longer_in_the_table_gives_nothing_out(
    project: Project, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    crew("ann")
    put_in(project)
    monkeypatch.setattr(giving_out, "policies", lambda: {"manual": None})
    assert give_out(project) == []


def test_a_new_policy_is_a_function_and_a_line(project: Project, crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    crew("ann", "bob")
    monkeypatch.setattr(
        giving_out, "policies", lambda: {"round_robin": lambda able: (able[-1], "the last is the first")}
    )
    put_in(project)
    assert performers(project) == ["bob"]


def test_giving_out_nothing_changes_nothing(project: Project, crew: Crew) -> None:
    crew("ann", skills=["ocr"])
    put_in(project, "de")
    with CaptureQueriesContext(connection) as asked:
        assert dispatch(project, at=NOON) == []
    assert [query["sql"] for query in asked if query["sql"].startswith(("UPDATE", "INSERT", "DELETE"))] == []


def test_a_task_moves_the_turn_of_whoever_got_it_and_nobody_elses(project: Project, crew: Crew) -> None:
    crew("ann", "bob")
    for _ in range(3):
        put_in(project)
    give_out(project)
    turns = dict(project.memberships.values_list("user__username", "turn"))
    assert turns == {"boss": 0, "ann": 3, "bob": 2}
    assert Project.objects.get(pk=project.pk).turns == 3
    assert STEP > 3


def test_a_bot_is_given_work_like_anybody_else(project: Project, crew: Crew) -> None:
    robot = User.create_bot("robot", by=person("boss"), at=NOON)
    project.admit(robot, by=None, at=NOON)
    task = put_in(project)
    assert give_out(project) == [(task, "robot")]
