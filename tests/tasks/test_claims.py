"""The queue: what is claimed, in which order, and what a lease is worth."""

from collections.abc import Callable
from datetime import datetime

import pytest
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.events.models import Event
from djirgo.tasks import waiting
from djirgo.tasks.claim import Wish, claim
from djirgo.tasks.models import Priority, Project, Role, Status, Task
from djirgo.tasks.models.door import AlreadyTaken, Blocked
from djirgo.tasks.models.lease import LeaseLost
from tests.tasks.conftest import NOON

Clock = Callable[..., datetime]


@pytest.fixture
def bot(ann: User) -> User:
    return User.create_bot("bot", by=ann, at=NOON)


def put_in(by: User, at: datetime, **edits: object) -> Task:
    return Task.create(by=by, at=at, **({"text": "Something to do"} | edits))  # type: ignore[arg-type]


def claimed(by: User, at: datetime, **wish: object) -> Task | None:
    return next(iter(claim(Wish(by, **wish), at=at)), None)  # type: ignore[arg-type]


def test_the_most_urgent_is_claimed_first_then_the_one_due_first_then_the_oldest(
    ann: User, bob: User, after: Clock
) -> None:
    old, new = put_in(ann, after()), put_in(ann, after())
    due = put_in(ann, after(), due_at=after(days=1))
    urgent = put_in(ann, after(), priority=Priority.URGENT)
    order = [claimed(bob, after(minutes=1)) for _ in range(5)]
    assert order == [urgent, due, old, new, None]


def test_a_claim_starts_the_task_for_the_claimer(ann: User, bob: User, after: Clock) -> None:
    task = put_in(ann, after())
    got = claimed(bob, after(minutes=1))
    assert got == task
    assert (got.status, got.performer, got.is_running, got.is_leased) == (Status.IN_PROGRESS, bob, True, False)
    assert Event.objects.last().type == "task.started"  # type: ignore[union-attr]


def test_only_what_carries_all_the_labels_is_claimed(ann: User, bob: User, after: Clock) -> None:
    put_in(ann, after(), priority=Priority.URGENT)
    put_in(ann, after(), labels=["ocr"])
    both = put_in(ann, after(), labels=["de", "ocr"])
    assert claimed(bob, after(minutes=1), labels=["ocr", "de"]) == both
    assert claimed(bob, after(minutes=1), labels=["ocr", "de"]) is None
    assert claimed(bob, after(minutes=1), labels=["none"]) is None


def test_what_was_given_to_somebody_waits_for_them_and_for_nobody_else(ann: User, bob: User, after: Clock) -> None:
    task = put_in(ann, after()).assign(bob, by=ann, at=after())
    assert claimed(ann, after(minutes=1)) is None
    assert claimed(bob, after(minutes=1)) == task


def test_a_blocked_task_is_not_claimed_until_the_last_blocker_is_finished(ann: User, bob: User, after: Clock) -> None:
    first, second = put_in(ann, after()), put_in(ann, after())
    last = put_in(ann, after(), blocked_by=[first.pk, second.pk], priority=Priority.URGENT)
    with pytest.raises(Blocked):
        last.start(by=bob, at=after(minutes=1))
    assert claimed(bob, after(minutes=1)) == first
    assert claimed(bob, after(minutes=1)) == second
    Task.objects.get(pk=first.pk).complete(by=bob, at=after(minutes=2))
    assert claimed(bob, after(minutes=2)) is None
    Task.objects.get(pk=second.pk).cancel(by=ann, at=after(minutes=3))
    assert Event.objects.filter(subject=f"tasks/{last.pk}").last().data["changed"] == {  # type: ignore[union-attr]
        "ready": {"from": False, "to": True}
    }
    assert claimed(bob, after(minutes=3)) == last


def test_a_bot_holds_a_lease_and_nothing_goes_without_it(ann: User, bot: User, after: Clock) -> None:
    task = put_in(ann, after())
    got = claimed(bot, after())
    assert got is not None
    assert got.lease_expires_at == after(seconds=300)
    token = got.lease_token
    with pytest.raises(LeaseLost):
        task.complete(by=bot, at=after(minutes=1))
    with pytest.raises(LeaseLost):
        task.complete(by=bot, at=after(minutes=1), lease="another")
    task.complete(by=bot, at=after(minutes=1), lease=token)
    assert task.status == Status.COMPLETED
    again = Task.objects.get(pk=task.pk).complete(by=bot, at=after(minutes=2), lease=token)
    assert again.version == task.version


def test_a_lease_that_runs_out_brings_the_task_back_and_ends_the_time_with_the_last_sign_of_life(
    ann: User, bot: User, after: Clock
) -> None:
    task = put_in(ann, after())
    token = claim(Wish(bot), at=after(), lease_seconds=60)[0].lease_token
    assert token is not None
    task.renew(token, by=bot, at=after(seconds=30))
    task.expire_lease(at=after(seconds=89))
    assert task.status == Status.IN_PROGRESS
    task.expire_lease(at=after(seconds=90))
    assert (task.status, task.performer, task.attempts) == (Status.NEW, None, 1)
    assert task.worked_microseconds == 30_000_000
    assert Event.objects.last().type == "task.lease_expired"  # type: ignore[union-attr]
    with pytest.raises(LeaseLost):
        task.complete(by=bot, at=after(seconds=91), lease=token)


def test_a_late_holder_changes_nothing_once_another_has_it(ann: User, bot: User, after: Clock) -> None:
    task = put_in(ann, after())
    late = claim(Wish(bot), at=after(), lease_seconds=10)[0].lease_token
    assert late is not None
    task.expire_lease(at=after(seconds=10))
    fresh = claim(Wish(bot), at=after(seconds=11))[0].lease_token
    for verb in ("complete", "fail", "release", "pause", "cancel"):
        with pytest.raises(LeaseLost):
            getattr(task, verb)(by=bot, at=after(seconds=12), lease=late)
    with pytest.raises(LeaseLost):
        task.renew(late, by=bot, at=after(seconds=12))
    task.complete(by=bot, at=after(seconds=13), lease=fresh)


def test_attempts_that_are_spent_leave_the_task_failed_with_its_reason(ann: User, bot: User, after: Clock) -> None:
    task = put_in(ann, after())
    for number in range(3):
        claim(Wish(bot), at=after(minutes=number), lease_seconds=10)
        task.expire_lease(at=after(minutes=number, seconds=10))
    assert (task.status, task.failure_reason, task.attempts) == (Status.FAILED, "The lease ran out.", 3)


def test_what_a_person_has_assigned_stays_assigned_when_the_lease_runs_out(ann: User, bot: User, after: Clock) -> None:
    task = put_in(ann, after()).assign(bot, by=ann, at=after())
    claim(Wish(bot), at=after(), lease_seconds=10)
    task.expire_lease(at=after(seconds=10))
    assert (task.status, task.performer) == (Status.NEW, bot)


def test_a_private_project_has_nothing_to_claim_for_strangers_and_viewers(ann: User, bob: User, after: Clock) -> None:
    project = Project.create(by=ann, at=after(), name="Secret")
    put_in(ann, after(), project=project)
    assert claimed(bob, after()) is None
    project.admit(bob, by=ann, at=after(), role=Role.VIEWER)
    assert claimed(bob, after()) is None
    project.change_member(bob, by=ann, at=after(), role=Role.MEMBER)
    assert claimed(bob, after()) is not None


def test_over_http_a_claim_answers_with_its_token_and_nobody_else_sees_it(
    anns: APIClient, bobs: APIClient, ann: User, after: Clock
) -> None:
    put_in(ann, after())
    answer = bobs.post("/api/tasks/claim/", {"lease_seconds": 60}, format="json")
    assert answer.status_code == 200
    shown = answer.json()
    assert set(shown["lease"]) == {"expires_at", "token"}
    assert set(anns.get(f"/api/tasks/{shown['id']}/").json()["lease"]) == {"expires_at"}
    assert bobs.post(f"/api/tasks/{shown['id']}/complete/", {}, format="json").json()["code"] == "lease_lost"
    renewed = bobs.post(f"/api/tasks/{shown['id']}/renew/", {"lease": shown["lease"]["token"]}, format="json")
    assert renewed.json()["lease"]["expires_at"] > shown["lease"]["expires_at"]
    done = bobs.post(f"/api/tasks/{shown['id']}/complete/", {"lease": shown["lease"]["token"]}, format="json")
    assert (done.status_code, done.json()["lease"]) == (200, None)
    assert bobs.post("/api/tasks/claim/", {"wait_seconds": 0.01}, format="json").status_code == 204


def test_several_are_claimed_at_once_up_to_the_limit(anns: APIClient, ann: User, after: Clock) -> None:
    ids = [put_in(ann, after()).pk for _ in range(5)]
    answer = anns.post("/api/tasks/claim/", {"limit": 3}, format="json").json()
    assert [task["id"] for task in answer["results"]] == ids[:3]
    answer = anns.post("/api/tasks/claim/", {"limit": 3}, format="json").json()
    assert [task["id"] for task in answer["results"]] == ids[3:]
    assert anns.post("/api/tasks/claim/", {"limit": 3}, format="json").json() == {"results": []}


def test_a_task_that_somebody_has_cannot_be_claimed(ann: User, bob: User, after: Clock) -> None:
    task = put_in(ann, after()).start(by=ann, at=after())
    with pytest.raises(AlreadyTaken):
        task.claim(lease_seconds=None, by=bob, at=after())


def test_whatever_a_lease_has_ended_may_be_said_again(anns: APIClient, bob: User, ann: User, after: Clock) -> None:
    put_in(ann, after())
    claimed_task = anns.post("/api/tasks/claim/", {"lease_seconds": 60}, format="json").json()
    said = {"performer": "bob", "lease": claimed_task["lease"]["token"]}
    answers = [anns.post(f"/api/tasks/{claimed_task['id']}/assign/", said, format="json") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["version"] == answers[1].json()["version"]


def test_an_edit_that_shows_a_lease_that_is_over_changes_nothing(anns: APIClient, ann: User, after: Clock) -> None:
    task = put_in(ann, after())
    late = claim(Wish(ann), at=after(), lease_seconds=10)[0].lease_token
    task.expire_lease(at=after(seconds=10))
    answer = anns.patch(f"/api/tasks/{task.pk}/", {"text": "Late", "lease": late}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "lease_lost")
    assert Task.objects.get(pk=task.pk).text == "Something to do"
    assert anns.patch(f"/api/tasks/{task.pk}/", {"text": "Free"}, format="json").status_code == 200


def test_an_edit_wakes_no_lease_that_has_run_out(ann: User, after: Clock) -> None:
    task = put_in(ann, after())
    token = claim(Wish(ann), at=after(), lease_seconds=10)[0].lease_token
    task.edit(by=ann, at=after(seconds=5), text="A sign of life")
    assert task.lease_expires_at == after(seconds=15)
    task.edit(by=ann, at=after(seconds=15), text="Too late for one")
    assert task.lease_expires_at == after(seconds=15)
    with pytest.raises(LeaseLost):
        task.complete(by=ann, at=after(seconds=16), lease=token)


def test_what_somebody_was_given_where_they_take_no_part_any_more_stands_in_no_way(
    ann: User, bob: User, after: Clock
) -> None:
    project = Project.create(by=ann, at=after(), name="Open at first", is_open=True)
    put_in(ann, after(), project=project, priority=Priority.URGENT).assign(bob, by=ann, at=after())
    other = put_in(ann, after())
    project.edit(by=ann, at=after(), is_open=False)
    assert claimed(bob, after(minutes=1)) == other


def test_several_projects_are_one_queue(ann: User, bot: User, after: Clock) -> None:
    projects = [Project.create(by=ann, at=after(), name=f"Project {number}", is_open=True) for number in range(3)]
    ranks = [Priority.LOW, Priority.URGENT, Priority.NORMAL, Priority.HIGH, Priority.URGENT, Priority.LOW]
    put = [
        put_in(ann, after(), priority=rank, project=projects[number % 3], labels=["all"])
        for number, rank in enumerate(ranks)
    ]
    put.append(put_in(ann, after(), priority=Priority.HIGH, labels=["all"]).assign(bot, by=ann, at=after()))
    expected = sorted(put, key=lambda task: (-task.priority, task.pk))
    assert claim(Wish(bot, labels=["all"]), at=after(), limit=3) == expected[:3]
    assert claim(Wish(bot), at=after(), limit=10) == expected[3:]


def test_whoever_takes_no_part_in_a_project_is_refused_without_waiting(
    anns: APIClient, ann: User, bob: User, after: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting.time, "sleep", lambda seconds: pytest.fail("it waits"))
    project = Project.create(by=bob, at=after(), name="Bob's")
    project.admit(ann, by=bob, at=after(), role=Role.VIEWER)
    answer = anns.post("/api/tasks/claim/", {"project": project.pk, "wait_seconds": 20}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_a_deletion_is_a_change_of_its_own_for_whoever_compares_versions(ann: User, after: Clock) -> None:
    task = put_in(ann, after())
    task.edit(by=ann, at=after(minutes=2), text="Another")
    task.delete_for_good(by=ann, at=after(minutes=1))
    last = Event.objects.last()
    assert last is not None
    assert (last.type, last.data["task"]["version"], last.time) == ("task.deleted", 3, after(minutes=2))


def test_a_claim_that_is_sent_again_with_its_key_gets_the_same_task_and_token(
    anns: APIClient, ann: User, after: Clock
) -> None:
    put_in(ann, after()), put_in(ann, after())
    said, key = {"lease_seconds": 60, "wait_seconds": 1}, {"Idempotency-Key": "one"}
    first, again = (anns.post("/api/tasks/claim/", said, format="json", headers=key) for _ in range(2))
    assert first.status_code == 200
    assert first.json()["lease"]["token"]
    assert again.json() == first.json()
    assert Task.objects.filter(status=Status.IN_PROGRESS).count() == 1
