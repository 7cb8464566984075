"""What the senders were promised is there, once, and nothing is there that nobody has sent."""

from collections import Counter
from typing import Any

from djirgo.events.models import Event
from djirgo.intake.models import Intake, Outcome
from djirgo.tasks.models import Task
from tests.torture.rules import Audit, Rule

Note = dict[str, Any]


def compare_promises(
    staged: int, notes: list[tuple[str, Note]], tasks: list[Task], histories: dict[str, list[Event]], audited: Audit
) -> None:
    there_are = Counter(task.text for task in tasks)
    sent = {text for _, note in notes for text in note.get("sent", ())}
    known = sent | {f"Number {number}" for number in range(staged)}
    for text, times in there_are.items():
        audited.check(Rule.NOT_INVENTED, text in known, f"nobody has sent {text!r}")
        audited.check(Rule.ONCE, times == 1, f"{text!r} is there {times} times")
    for number in range(staged):
        audited.check(Rule.KEPT, f"Number {number}" in there_are, f"number {number} is gone")
    ledger = {str(row.pk): row for row in Intake.objects.all()}
    for sender, note in notes:
        audited.check(Rule.NO_FAILURE, "fault" not in note, f"{sender}: {note}")
        for text in note.get("created", ()):
            audited.check(Rule.KEPT, there_are[text] == 1, f"{sender} was told that {text!r} was created")
        if "accepted" in note:
            _compare_accepted(note, ledger, there_are, audited)
        if "edited" in note:
            _compare_edit(sender, note, histories[f"tasks/{note['edited']}"], audited)
        if "undone" in note:
            priorities = {event.data["task"]["priority"] for event in histories[f"tasks/{note['undone']}"]}
            audited.check(Rule.NOT_INVENTED, "low" not in priorities, f"{note} was refused and happened")


def _compare_accepted(note: Note, ledger: dict[str, Intake], there_are: Counter[str], audited: Audit) -> None:
    """`in_vain` was sent what can only be refused when it is written."""
    became = ledger.get(note["accepted"])
    audited.check(Rule.SETTLED, became is not None, f"nothing became of {note}")
    if became:
        expected = Outcome.REJECTED if note["in_vain"] else Outcome.APPLIED
        audited.check(Rule.SETTLED, became.outcome == expected, f"{note} was {became.outcome}: {became.errors}")
    written = {there_are[text] for text in note["texts"]}
    audited.check(Rule.SETTLED, written == {0 if note["in_vain"] else 1}, f"{note} is there {written} times")


def _compare_edit(sender: str, note: Note, history: list[Event], audited: Audit) -> None:
    told = history[note["version"] - 1] if len(history) >= note["version"] else None
    holds = told is not None and told.data["task"]["priority"] == note["priority"]
    audited.check(Rule.KEPT, holds, f"{sender} was told of {note}, and the history says {told}")
