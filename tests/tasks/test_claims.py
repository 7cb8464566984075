"""The queue: what is claimed, in which order, and what a lease is worth."""

from collections.abc import Callable
from datetime import datetime

import pytest
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.events.models import Event
from djirgo.tasks.claim import Wish, claim
from djirgo.tasks.models import Priority, Project, Role, Status, Task
from djirgo.tasks.models.lease import LeaseLost
from djirgo.tasks.models.task import AlreadyTaken, Blocked
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
