"""What has to hold when all is done, by what the database says and what the claimers were told.

Run inside `djirgo shell`.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from djirgo.events.models import Event
from djirgo.tasks.models import Attempt, Task
from tests.tasks.holds import follows_the_state_machine, is_in_its_place, is_timed, is_what_its_history_says

#: What ends a holder's time with a task, and the verb by which they say so.
ENDS = {
    "task.completed": "complete",
    "task.failed": "fail",
    "task.released": "release",
    "task.lease_expired": "",
    "task.cancelled": "cancel",
}
Note = dict[str, Any]


class Audit:
    def __init__(self) -> None:
        self.checks = 0
        self.violations: list[str] = []

    def check(self, holds: bool, what: str) -> None:
        self.checks += 1
        if not holds:
            self.violations.append(what)

    def no_complaint(self, look: Callable[[], None], about: object) -> None:
        self.checks += 1
        try:
            look()
        except AssertionError as complaint:
            self.violations.append(f"{about}: {look} {complaint}")


def audit(tasks: int, journals: str) -> None:
    """Prints the number of checks, and what did not hold."""
    audited = Audit()
    histories: dict[str, list[Event]] = defaultdict(list)
    for event in Event.objects.order_by("id").iterator():
        histories[event.subject].append(event)
    found = list(Task.objects.select_related("owner", "performer", "project").order_by("pk"))
    audited.check(len(found) == tasks, f"{len(found)} tasks of {tasks}")
    for task in found:
        _look_at(task, histories[f"tasks/{task.pk}"], audited)
    _compare(list(_notes(Path(journals))), histories, audited)
    print(json.dumps({"checks": audited.checks, "violations": audited.violations}))


def _look_at(task: Task, history: list[Event], audited: Audit) -> None:
    audited.check(task.status == "Completed", f"{task.pk} is {task.status}")
    completed = [event for event in history if event.type == "task.completed"]
    audited.check(len(completed) == 1, f"{task.pk} was completed {len(completed)} times")
    expired = sum(event.type == "task.lease_expired" for event in history)
    spent = Attempt.objects.filter(task=task, is_expiry=True).count()
    audited.check(expired == spent, f"{task.pk}: {expired} leases ran out, {spent} attempts were spent by it")
    audited.no_complaint(lambda: follows_the_state_machine(history), task.pk)
    audited.no_complaint(lambda: is_what_its_history_says(task, history), task.pk)
    audited.no_complaint(lambda: is_timed(task, list(task.intervals.all())), task.pk)
    audited.no_complaint(lambda: is_in_its_place(task), task.pk)
    blockers = Task.objects.filter(pk__in=task.blocked_by).values_list("completed_at", flat=True)
    is_after = all(done and task.started_at and done <= task.started_at for done in blockers)
    audited.check(is_after, f"{task.pk} began before its blockers ended")


def _notes(journals: Path) -> Iterator[tuple[str, Note]]:
    """Each with the bot that wrote it. The last line of one that was killed may be cut off."""
    for journal in journals.glob("*.jsonl"):
        for line in journal.read_text().splitlines():
            if line.endswith("}"):
                yield journal.name.partition("-")[0], json.loads(line)


def _compare(notes: list[tuple[str, Note]], histories: dict[str, list[Event]], audited: Audit) -> None:
    """What the claimers were told is what happened, and no two were told the same."""
    claims = Counter((note["task"], note["version"]) for _, note in notes if "claimed" in note)
    audited.check(bool(claims), "nobody was given anything")
    for claim, times in claims.items():
        audited.check(times == 1, f"{claim} was given to {times}")
    for bot, note in notes:
        audited.check("fault" not in note, f"{bot}: {note}")
        if "task" in note:
            _compare_one(bot, note, histories[f"tasks/{note['task']}"], audited)


def _compare_one(bot: str, note: Note, history: list[Event], audited: Audit) -> None:
    began, *rest = history[note["version"] - 1 :]
    audited.check((began.type, began.data["actor"]) == ("task.started", bot), f"{bot}: {note} is not in the history")
    end = next((event for event in rest if event.type in ENDS), None)
    ended_by = (ENDS[end.type], end.data["actor"]) if end else None
    if "ended" in note:
        audited.check(ended_by == (note["ended"], bot), f"{bot}: {note}, but it was {ended_by}")
    if "refused" in note:
        expected = _is_explained(bot, note, ended_by, {event.type for event in rest if event.data["actor"] == bot})
        audited.check(expected, f"{bot}: {note}, but it was {ended_by}")
    if "refused_again" in note:
        audited.check(note["refused_again"] == "lease_lost" and len(rest) > 1, f"{bot}: {note}")


def _is_explained(bot: str, note: Note, ended_by: tuple[str, str | None] | None, done: set[str]) -> bool:
    """The lease had run out; or what was refused had been done, the answer was lost, and it was said once more."""
    if note["refused"] == "invalid_transition":
        return {"pause": "task.paused", "resume": "task.resumed"}.get(note["verb"]) in done
    # Given back, it may be somebody else's by then. What is completed stays so, and may be said again.
    was_given_back = note["verb"] in ("fail", "release") and ended_by == (note["verb"], bot)
    return note["refused"] == "lease_lost" and (ended_by == ("", None) or was_given_back)
