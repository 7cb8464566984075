"""What holds of every task at every moment, told by its history and its parts. Each is asserted."""

from datetime import timedelta
from itertools import pairwise

from djirgo.events.models import Event
from djirgo.tasks.models import Task, WorkInterval
from djirgo.tasks.models.status import NEVER_DUE

NEW, BEGUN, DONE, FAILED, OFF = "New", "In_Progress", "Completed", "Failed", "Cancelled"
ANY = (NEW, BEGUN, DONE, FAILED, OFF)
STAYS = {(status, status) for status in ANY}
#: What may happen to a status, by the type of the event that tells of it.
MOVES: dict[str, set[tuple[str | None, str]]] = {
    "task.created": {(None, NEW)},
    "task.assigned": {(NEW, NEW), (BEGUN, BEGUN)},
    "task.started": {(NEW, BEGUN)},
    "task.paused": {(BEGUN, BEGUN)},
    "task.resumed": {(BEGUN, BEGUN)},
    "task.released": {(BEGUN, NEW)},
    "task.completed": {(BEGUN, DONE)},
    "task.failed": {(BEGUN, NEW), (BEGUN, FAILED)},
    "task.lease_expired": {(BEGUN, NEW), (BEGUN, FAILED)},
    "task.cancelled": {(NEW, OFF), (BEGUN, OFF), (FAILED, OFF)},
    "task.reopened": {(DONE, NEW), (FAILED, NEW), (OFF, NEW)},
    "task.updated": STAYS,
    "task.deleted": STAYS,
}


def follows_the_state_machine(history: list[Event]) -> None:
    before: str | None = None
    for number, event in enumerate(history, start=1):
        shown = event.data["task"]
        assert (before, shown["task_status"]) in MOVES[event.type], (event.type, before, shown["task_status"])
        assert shown["version"] == number
        before = shown["task_status"]
    assert all(one.time <= other.time for one, other in pairwise(history))


def is_what_its_history_says(task: Task, history: list[Event]) -> None:
    shown, told = task.shown(now=task.updated_at), history[-1].data["task"]
    by_itself = {"lease", "perform_time", "perform_seconds"}
    assert {name: value for name, value in shown.items() if name not in by_itself} == {
        name: value for name, value in told.items() if name not in by_itself
    }
    types = [event.type for event in history]
    since = len(types) - types[::-1].index("task.reopened") if "task.reopened" in types else 0
    spent = [type_ for type_ in types[since:] if type_ in ("task.failed", "task.lease_expired")]
    assert task.attempts == len(spent)
    assert len(task.spent_attempts.all()) == len([t for t in types if t in ("task.failed", "task.lease_expired")])
    if task.status == BEGUN:
        assert task.performer
    else:
        assert not task.is_leased
        assert not task.is_running
    if task.is_leased:
        assert task.lease_hash
        assert task.lease_seen_at


def is_timed(task: Task, intervals: list[WorkInterval]) -> None:
    """What was worked adds up, nobody works twice at once, and who is timed is who has the task."""
    ended = [interval for interval in intervals if interval.ended_at]
    running = [interval for interval in intervals if not interval.ended_at]
    total = sum((interval.ended_at - interval.started_at for interval in ended), timedelta())  # type: ignore[operator]
    assert total == timedelta(microseconds=task.worked_microseconds)
    assert [interval.started_at for interval in running] == ([task.running_since] if task.running_since else [])
    assert all(interval.performer_id == task.performer_id for interval in running)
    spells = sorted((interval.started_at, interval.ended_at or NEVER_DUE) for interval in intervals)
    assert all(one[1] <= other[0] for one, other in pairwise(spells))


def is_in_its_place(task: Task) -> None:
    rows = [
        (label.name, label.project_id, label.is_waiting, label.priority, label.due_order)
        for label in task.label_index.all()
    ]
    waits = task.status == NEW and task.performer_id is None and not task.is_blocked
    place = (task.project_id, waits, task.priority, task.due_order)
    assert sorted(rows) == sorted((label, *place) for label in task.labels)
