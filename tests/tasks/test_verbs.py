"""The state machine, the rules, and what every verb leaves behind."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from djirgo.accounts.models import User
from djirgo.errors import DomainError
from djirgo.events.models import Event
from djirgo.tasks.models import Status, Task, Verb
from djirgo.tasks.models.door import AlreadyTaken, InvalidPerformer, InvalidTransition
from djirgo.tasks.models.edits import InvalidText
from djirgo.tasks.models.grip import TaskGone
from djirgo.tasks.models.rules import NotAllowed
from djirgo.tasks.models.span import Span
from djirgo.tasks.models.status import FROM

Clock = Callable[..., datetime]


def bring_to(task: Task, status: Status, by: User, at: datetime) -> Task:
    """Lead a new task to a status by its verbs; `by` performs it."""
    steps = {
        Status.NEW: [],
        Status.IN_PROGRESS: [lambda: task.start(by=by, at=at)],
        Status.COMPLETED: [lambda: task.start(by=by, at=at), lambda: task.complete(by=by, at=at)],
        Status.FAILED: [lambda: task.start(by=by, at=at), lambda: task.fail("no", retry=False, by=by, at=at)],
        Status.CANCELLED: [lambda: task.cancel(by=by, at=at)],
    }
    for step in steps[status]:
        step()
    return task


def do(verb: Verb, task: Task, by: User, at: datetime) -> object:
    if verb == Verb.ASSIGN:
        return task.assign(User.objects.get_or_create(username="zoe")[0], by=by, at=at)
    if verb == Verb.EXPIRE:
        return task.expire_lease(at=at)
    if verb == Verb.EDIT:
        return task.edit(by=by, at=at, text="Mend the gutter")
    if verb == Verb.DELETE:
        return task.delete_for_good(by=by, at=at)
    if verb == Verb.CORRECT:
        boss, _ = User.objects.get_or_create(username="boss", is_staff=True)
        return task.add_time(boss, Span(at - timedelta(days=2), at - timedelta(days=1)), reason="so", by=boss, at=at)
    return getattr(task, verb)(by=by, at=at)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("verb", Verb)
def test_a_verb_is_refused_exactly_where_the_table_does_not_list_it(
    verb: Verb, status: Status, task: Task, ann: User, after: Clock
) -> None:
    bring_to(task, status, ann, after(minutes=1))
    if verb == Verb.RESUME and status == Status.IN_PROGRESS:
        task.pause(by=ann, at=after(minutes=2))
    events_before = Event.objects.count()
    if status in FROM[verb]:
        do(verb, task, ann, after(minutes=3))
    else:
        with pytest.raises(InvalidTransition):
            do(verb, task, ann, after(minutes=3))
        assert Task.objects.get().status == status
        assert Event.objects.count() == events_before


@pytest.mark.parametrize(
    ("verb", "status", "owner", "performer", "boss", "stranger"),
    [
        (Verb.ASSIGN, Status.IN_PROGRESS, True, False, True, False),
        (Verb.PAUSE, Status.IN_PROGRESS, False, True, False, False),
        (Verb.RELEASE, Status.IN_PROGRESS, True, True, True, False),
        (Verb.COMPLETE, Status.IN_PROGRESS, False, True, True, False),
        (Verb.FAIL, Status.IN_PROGRESS, False, True, False, False),
        (Verb.CANCEL, Status.IN_PROGRESS, True, False, True, False),
        (Verb.REOPEN, Status.COMPLETED, True, True, True, False),
        (Verb.EDIT, Status.NEW, True, False, True, False),
        (Verb.DELETE, Status.NEW, True, False, True, False),
    ],
)
def test_each_verb_is_for_those_whom_the_rules_name(
    verb: Verb,
    status: Status,
    owner: bool,
    performer: bool,
    boss: bool,
    stranger: bool,
    ann: User,
    bob: User,
    after: Clock,
) -> None:
    users = {
        "owner": (ann, owner),
        "performer": (bob, performer),
        "boss": (User.objects.create_user("boss", is_staff=True), boss),
        "stranger": (User.objects.create_user("eve"), stranger),
    }
    for user, may in users.values():
        task = bring_to(Task.create(by=ann, at=after(), text="Paint"), status, bob, after(minutes=1))
        if may:
            do(verb, task, user, after(minutes=2))
            continue
        with pytest.raises(NotAllowed):
            do(verb, task, user, after(minutes=2))


def test_whoever_starts_a_free_task_performs_it(task: Task, bob: User, after: Clock) -> None:
    task.start(by=bob, at=after(minutes=5))
    assert (task.status, task.performer, task.started_at) == (Status.IN_PROGRESS, bob, after(minutes=5))
    assert task.is_running


def test_a_task_that_somebody_has_cannot_be_started_by_another(task: Task, ann: User, bob: User, after: Clock) -> None:
    task.assign(bob, by=ann, at=after(minutes=1))
    with pytest.raises(AlreadyTaken):
        task.start(by=ann, at=after(minutes=2))
    task.start(by=bob, at=after(minutes=3))
    with pytest.raises(AlreadyTaken):
        task.start(by=ann, at=after(minutes=4))


def test_anyone_may_take_a_free_task_and_give_it_back_before_they_start(task: Task, bob: User, after: Clock) -> None:
    task.assign(bob, by=bob, at=after(minutes=1))
    assert task.performer == bob
    task.assign(None, by=bob, at=after(minutes=2))
    assert task.performer is None


def test_nobody_takes_a_task_out_of_anothers_hands(task: Task, bob: User, after: Clock) -> None:
    task.assign(bob, by=bob, at=after(minutes=1))
    eve = User.objects.create_user("eve")
    for performer in (eve, None):
        with pytest.raises(NotAllowed):
            task.assign(performer, by=eve, at=after(minutes=2))


def test_assigning_a_running_task_to_another_stops_the_clock(task: Task, ann: User, bob: User, after: Clock) -> None:
    task.start(by=bob, at=after(minutes=0))
    task.assign(ann, by=ann, at=after(minutes=10))
    assert (task.status, task.performer, task.is_running) == (Status.IN_PROGRESS, ann, False)
    assert task.shown(now=after(hours=9))["perform_seconds"] == 600


def test_a_closed_account_is_given_no_work(task: Task, ann: User, bob: User, after: Clock) -> None:
    bob.is_active = False
    bob.save()
    with pytest.raises(InvalidPerformer):
        task.assign(bob, by=ann, at=after(minutes=1))


def test_a_failed_task_comes_back_until_its_attempts_are_spent(
    task: Task, bob: User, ann: User, after: Clock, settings: object
) -> None:
    settings.MAX_ATTEMPTS = 2  # type: ignore[attr-defined]
    task.start(by=bob, at=after(minutes=1)).fail("no ladder", by=bob, at=after(minutes=2))
    assert (task.status, task.performer, task.attempts) == (Status.NEW, None, 1)
    task.start(by=bob, at=after(minutes=3)).fail("still none", by=bob, at=after(minutes=4))
    assert (task.status, task.attempts, task.failure_reason) == (Status.FAILED, 2, "still none")
    task.reopen(by=ann, at=after(minutes=5))
    assert (task.status, task.attempts, task.failure_reason) == (Status.NEW, 0, None)


def test_completing_then_reopening_keeps_the_time_and_the_last_completion(task: Task, bob: User, after: Clock) -> None:
    task.start(by=bob, at=after(minutes=0)).complete(by=bob, at=after(minutes=7))
    task.reopen(by=bob, at=after(minutes=9))
    assert (task.status, task.performer, task.completed_at) == (Status.NEW, None, after(minutes=7))
    assert task.shown(now=after(hours=1))["perform_time"] == "00:07:00"


@pytest.mark.parametrize("text", ["", "   \n ", "x" * 10_001])
def test_a_task_must_say_something_and_not_too_much(text: str, ann: User, after: Clock) -> None:
    with pytest.raises(InvalidText):
        Task.create(by=ann, at=after(), text=text)
    assert not Task.objects.exists()
    assert not Event.objects.exists()


def test_a_deleted_task_is_gone_for_whoever_still_holds_it_in_memory(task: Task, ann: User, after: Clock) -> None:
    other = Task.objects.get()
    task.delete_for_good(by=ann, at=after(minutes=1))
    with pytest.raises(TaskGone):
        other.start(by=ann, at=after(minutes=2))


def test_every_change_grows_the_version_by_one_and_leaves_one_event(
    task: Task, ann: User, bob: User, after: Clock
) -> None:
    task.assign(bob, by=ann, at=after(minutes=1))
    task.start(by=bob, at=after(minutes=2)).pause(by=bob, at=after(minutes=3)).resume(by=bob, at=after(minutes=4))
    task.edit(by=ann, at=after(minutes=5), labels=["roof"]).release(by=bob, at=after(minutes=6))
    task.cancel(by=ann, at=after(minutes=7)).reopen(by=ann, at=after(minutes=8))
    history = Event.objects.about(f"tasks/{task.pk}")
    assert [event.data["task"]["version"] for event in history] == list(range(1, 10))
    assert [event.type.removeprefix("task.") for event in history] == [
        "created", "assigned", "started", "paused", "resumed", "updated", "released", "cancelled", "reopened",
    ]  # fmt: skip


def test_an_event_says_who_did_it_what_the_task_is_now_and_what_changed(task: Task, bob: User, after: Clock) -> None:
    task.start(by=bob, at=after(minutes=1))
    data = Event.objects.get(type="task.started").data
    assert data["actor"] == "bob"
    assert data["task"]["task_status"] == "In_Progress"
    assert data["changed"]["task_status"] == {"from": "New", "to": "In_Progress"}
    assert data["changed"]["performer"] == {"from": None, "to": "bob"}
    assert "version" not in data["changed"]


def test_a_change_that_changes_nothing_leaves_no_trace(task: Task, ann: User, bob: User, after: Clock) -> None:
    task.assign(bob, by=ann, at=after(minutes=1))
    task.assign(bob, by=ann, at=after(minutes=2))
    task.edit(by=ann, at=after(minutes=3), text=" Mend the roof ", labels=[])
    assert task.version == 2
    assert task.updated_at == after(minutes=1)
    assert Event.objects.count() == 2


def test_a_refusal_leaves_nothing_half_done(task: Task, bob: User, after: Clock) -> None:
    with pytest.raises(DomainError):
        task.revise(Status.COMPLETED, by=bob, at=after(minutes=1), text="Mine now")
    stored = Task.objects.get()
    assert (stored.status, stored.version, stored.text) == (Status.NEW, 1, "Mend the roof")
    assert Event.objects.count() == 1
    assert not stored.intervals.exists()
