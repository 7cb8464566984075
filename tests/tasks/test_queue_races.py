"""The queue, when many reach for it at the same moment."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.errors import DomainError
from djirgo.events.models import Event
from djirgo.tasks import waiting
from djirgo.tasks.claim import Wish, claim
from djirgo.tasks.jobs import return_expired_leases
from djirgo.tasks.models import Status, Task, WorkInterval
from djirgo.tasks.models.dependency import DependencyCycle
from djirgo.tasks.waiting import claim_or_wait
from tests.servers import eventually
from tests.tasks.holds import follows_the_state_machine, is_in_its_place, is_timed, is_what_its_history_says
from tests.tasks.test_races import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)
CLAIMERS = 32
ROUNDS = 8


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


@pytest.fixture
def bots(ann: User) -> list[User]:
    return [User.create_bot(f"bot{number}", by=ann, at=timezone.now()) for number in range(CLAIMERS)]


def put_in(by: User, **edits: object) -> Task:
    return Task.create(by=by, at=timezone.now(), **({"text": "Something to do"} | edits))  # type: ignore[arg-type]


def take(bot: User, **how: int) -> list[Task]:
    return claim(Wish(bot), at=timezone.now(), **how)


def outcome(act: Callable[[], object]) -> str:
    """What came of it, in a word. Anything but a refusal is a fault."""
    try:
        act()
    except DomainError as refusal:
        return refusal.code
    return "done"


def all_holds() -> None:
    for task in Task.objects.select_related("owner", "performer", "project"):
        history = list(Event.objects.about(f"tasks/{task.pk}"))
        follows_the_state_machine(history)
        is_what_its_history_says(task, history)
        is_timed(task, list(task.intervals.all()))
        is_in_its_place(task)


def test_of_many_claimers_of_one_task_exactly_one_gets_it(ann: User, bots: list[User]) -> None:
    put_in(ann)
    got = all_at_once(lambda number: len(take(bots[number])), CLAIMERS)
    assert Counter(got) == {1: 1, 0: CLAIMERS - 1}
    assert WorkInterval.objects.count() == 1
    all_holds()


def test_many_claimers_of_many_tasks_get_each_once(ann: User, bots: list[User]) -> None:
    tasks = {put_in(ann, labels=["ocr"]).pk for _ in range(2 * CLAIMERS)}
    got = all_at_once(lambda number: [task.pk for task in take(bots[number], limit=2)], CLAIMERS)
    claimed = [pk for those in got for pk in those]
    assert len(claimed) == len(set(claimed))
    rest = [task.pk for task in take(bots[0], limit=100)]
    assert sorted(claimed + rest) == sorted(tasks)
    all_holds()


def test_a_claim_an_assignment_an_edit_and_a_deletion_of_one_task_come_one_after_the_other(
    ann: User, bots: list[User]
) -> None:
    for _ in range(ROUNDS):
        pk = put_in(ann, labels=["ocr"]).pk
        acts: list[Callable[[Task], object]] = [
            lambda task: take(bots[0]),
            lambda task: task.assign(bots[1], by=ann, at=timezone.now()),
            lambda task: task.edit(by=ann, at=timezone.now(), labels=["de"]),
            lambda task: task.start(by=bots[2], at=timezone.now()),
            lambda task: task.delete_for_good(by=ann, at=timezone.now()),
        ]
        seen = [Task.objects.get(pk=pk) for _ in acts]
        outcomes = all_at_once(lambda number, a=acts, s=seen: outcome(lambda: a[number](s[number])), len(acts))
        assert set(outcomes) <= {"done", "already_taken", "invalid_transition", "not_found", "missing"}
        assert outcomes[-1] == "done"
        follows_the_state_machine(list(Event.objects.about(f"tasks/{pk}")))
        assert not Task.objects.exists()
        assert not WorkInterval.objects.exists()


def test_of_a_holder_who_completes_and_a_lease_that_runs_out_one_is_first(ann: User, bots: list[User]) -> None:
    for _ in range(ROUNDS):
        task = put_in(ann)
        began = timezone.now() - timedelta(seconds=60)
        token = claim(Wish(bots[0]), at=began, lease_seconds=10)[0].lease_token
        in_time = began + timedelta(seconds=9)
        seen = Task.objects.get(pk=task.pk)
        outcomes = all_at_once(
            lambda number, t=token, s=seen, i=in_time: outcome(
                lambda: return_expired_leases(timezone.now()) if number else s.complete(by=bots[0], at=i, lease=t)
            ),
            2,
        )
        task.refresh_from_db()
        assert (outcomes[0], task.status) in {("done", Status.COMPLETED), ("lease_lost", Status.NEW)}
        all_holds()
        Task.objects.filter(pk=task.pk, status=Status.NEW).delete()


def test_two_blockers_completed_at_once_make_what_waits_for_both_ready_once(ann: User) -> None:
    for _ in range(ROUNDS):
        blockers = [put_in(ann).start(by=ann, at=timezone.now()) for _ in range(2)]
        last = put_in(ann, blocked_by=[blocker.pk for blocker in blockers])
        outcomes = all_at_once(
            lambda number, b=blockers: outcome(lambda: b[number].complete(by=ann, at=timezone.now())), 2
        )
        assert outcomes == ["done", "done"]
        last.refresh_from_db()
        assert not last.is_blocked
        told = [event.data["changed"] for event in Event.objects.about(f"tasks/{last.pk}")]
        assert told == [{}, {"ready": {"from": False, "to": True}}]


def test_a_cycle_that_is_closed_from_two_sides_is_closed_by_neither(ann: User) -> None:
    for _ in range(ROUNDS):
        one, other = put_in(ann), put_in(ann)
        pairs = [(one, other.pk), (other, one.pk)]

        def wait(number: int, pairs: list[tuple[Task, int]] = pairs) -> str:
            task, blocker = pairs[number]
            return outcome(lambda: task.edit(by=ann, at=timezone.now(), blocked_by=[blocker]))

        assert sorted(all_at_once(wait, 2)) == [DependencyCycle.code, "done"]


def test_whoever_begins_to_wait_for_what_is_just_completed_is_not_left_waiting(ann: User) -> None:
    for _ in range(ROUNDS):
        blocker, task = put_in(ann).start(by=ann, at=timezone.now()), put_in(ann)
        acts = [
            lambda b=blocker: b.complete(by=ann, at=timezone.now()),
            lambda b=blocker, t=task: t.edit(by=ann, at=timezone.now(), blocked_by=[b.pk]),
        ]
        assert all_at_once(lambda number, a=acts: outcome(a[number]), 2) == ["done", "done"]
        assert not Task.objects.get(pk=task.pk).is_blocked


def test_what_is_put_in_to_wait_for_a_chain_does_not_stand_in_the_way_of_the_chain(ann: User) -> None:
    """The one that comes first in the order of the ids waits for the other, which is just being completed."""
    for _ in range(ROUNDS):
        first, second = put_in(ann), put_in(ann)
        first.edit(by=ann, at=timezone.now(), blocked_by=[second.pk])
        second.start(by=ann, at=timezone.now())
        ids = [first.pk, second.pk]
        acts = [
            lambda s=second: s.complete(by=ann, at=timezone.now()),
            *[lambda i=ids: put_in(ann, blocked_by=i) for _ in range(3)],
        ]
        assert all_at_once(lambda number, a=acts: outcome(a[number]), len(acts)) == ["done"] * len(acts)


def test_whoever_waits_is_woken_by_a_new_task(ann: User, bots: list[User]) -> None:
    got: list[list[Task]] = []

    def wait() -> None:
        got.append(claim_or_wait(Wish(bots[0]), seconds=60))
        connection.close()

    waiter = threading.Thread(target=wait)
    waiter.start()
    task = put_in(ann)
    waiter.join(60)
    assert got == [[task]]


def test_those_who_wait_share_out_what_comes_and_none_is_sent_away_early(ann: User, bots: list[User]) -> None:
    got: list[list[Task]] = []

    def wait(bot: User) -> None:
        got.append(claim_or_wait(Wish(bot), seconds=60))
        connection.close()

    waiters = [threading.Thread(target=wait, args=(bot,)) for bot in bots[:6]]
    for waiter in waiters:
        waiter.start()
    for number in range(1, len(waiters) + 1):
        put_in(ann)
        eventually(lambda number=number: len(got) == number, "one of those who wait has the task")
    assert all(len(tasks) == 1 for tasks in got)
    all_holds()


def test_past_the_seats_nobody_waits(bots: list[User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "seats", threading.BoundedSemaphore(1))
    monkeypatch.setattr(waiting.time, "sleep", lambda seconds: pytest.fail("it waits"))
    client = APIClient(SERVER_NAME="localhost")
    client.force_authenticate(bots[0])
    waiting.seats.acquire()
    for headers in ({}, {"Idempotency-Key": "one"}):
        answer = client.post("/api/tasks/claim/", {"wait_seconds": 20}, format="json", headers=headers)
        assert answer.status_code == 204


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "one"}])
def test_whoever_waits_holds_no_transaction_and_no_connection(
    bots: list[User], monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    held: list[bool] = []

    def look(seconds: float) -> None:
        held.append(connection.in_atomic_block)
        held.append(connection.vendor == "postgresql" and connection.connection is not None)

    monkeypatch.setattr(waiting.time, "sleep", look)
    client = APIClient(SERVER_NAME="localhost")
    client.force_authenticate(bots[0])
    said = {"wait_seconds": 0.2}
    assert client.post("/api/tasks/claim/", said, format="json", headers=headers).status_code == 204
    assert held
    assert not any(held)
