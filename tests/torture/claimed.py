"""What the claimers were told is what happened, and no two were told the same."""

from collections import Counter
from typing import Any

from djirgo.events.models import Event
from tests.torture.rules import Audit, Rule

#: What ends a holder's time with a task, and the verb by which they say so.
ENDS = {
    "task.completed": "complete",
    "task.failed": "fail",
    "task.released": "release",
    "task.lease_expired": "",
    "task.cancelled": "cancel",
}
Note = dict[str, Any]
End = tuple[str, str | None]


def compare_claims(notes: list[tuple[str, Note]], histories: dict[str, list[Event]], audited: Audit) -> None:
    claims = Counter((note["task"], note["version"]) for _, note in notes if "claimed" in note)
    audited.check(Rule.HEALED, bool(claims), "nobody was given anything")
    for claim, times in claims.items():
        audited.check(Rule.ONE_HOLDER, times == 1, f"{claim} was given to {times}")
    for bot, note in notes:
        audited.check(Rule.NO_FAILURE, "fault" not in note, f"{bot}: {note}")
        if "task" in note:
            _compare(bot, note, histories[f"tasks/{note['task']}"], audited)


def _compare(bot: str, note: Note, history: list[Event], audited: Audit) -> None:
    began = history[note["version"] - 1] if len(history) >= note["version"] else None
    is_there = began is not None and (began.type, began.data["actor"]) == ("task.started", bot)
    audited.check(Rule.KEPT, is_there, f"{bot}: {note} is not in the history")
    rest = history[note["version"] :]
    end = next((event for event in rest if event.type in ENDS), None)
    ended_by = (ENDS[end.type], end.data["actor"]) if end else None
    if "ended" in note:
        audited.check(Rule.ONE_HOLDER, ended_by == (note["ended"], bot), f"{bot}: {note}, but it was {ended_by}")
    if "refused" in note:
        expected = _is_explained(bot, note, ended_by, {event.type for event in rest if event.data["actor"] == bot})
        audited.check(Rule.ONE_HOLDER, expected, f"{bot}: {note}, but it was {ended_by}")
    if "refused_again" in note:
        holds = note["refused_again"] == "lease_lost" and bool(rest)
        audited.check(Rule.ONE_HOLDER, holds, f"{bot}: {note}")


def _is_explained(bot: str, note: Note, ended_by: End | None, done: set[str]) -> bool:
    """The lease had run out; or what was refused had been done, the answer was lost, and it was said once more."""
    if note["refused"] == "invalid_transition":
        return {"pause": "task.paused", "resume": "task.resumed"}.get(note["verb"]) in done
    # Given back, it may be somebody else's by then. What is completed stays so, and may be said again.
    was_given_back = note["verb"] in ("fail", "release") and ended_by == (note["verb"], bot)
    return note["refused"] == "lease_lost" and (ended_by == ("", None) or was_given_back)
