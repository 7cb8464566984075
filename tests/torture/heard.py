"""What the consumers of the queue were brought is what was committed: all of it, nothing else, and in order."""

from collections import defaultdict
from typing import Any

from djirgo.events.models import Event
from tests.torture.rules import Audit, Rule

Envelope = dict[str, Any]


def compare_messages(messages: list[Envelope], events: list[Event], audited: Audit) -> None:
    committed = {str(event.uuid): event for event in events if event.type.startswith("task.")}
    first: dict[str, Envelope] = {}
    for message in messages:
        event = committed.get(message["id"])
        about = f"{message['type']} {message['subject']} {message['id']}"
        audited.check(Rule.NOTHING_ELSE, event is not None, about)
        if event:
            audited.check(Rule.SAME, _is_told_by(message, event), about)
        first.setdefault(message["id"], message)
    for id_, event in committed.items():
        audited.check(Rule.DELIVERED, id_ in first, f"{event} of {event.time} at {event.sequence} was not")
    sequences = sorted(event.sequence or 0 for event in events)
    audited.check(Rule.NO_GAPS, sequences == list(range(1, len(events) + 1)), "the places in the log have gaps")
    _look_at_order(list(first.values()), audited)


def _is_told_by(message: Envelope, event: Event) -> bool:
    told = (message["sequence"], message["type"], message["subject"], message["data"])
    return told == (event.sequence, event.type, event.subject, event.data)


def _look_at_order(messages: list[Envelope], audited: Audit) -> None:
    """As they came for the first time."""
    versions: dict[str, list[int]] = defaultdict(list)
    for message in messages:
        versions[message["subject"]].append(message["data"]["task"]["version"])
    for subject, seen in versions.items():
        audited.check(Rule.NO_GAPS, seen == list(range(1, len(seen) + 1)), f"{subject}: {seen}")
