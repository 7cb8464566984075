"""What tasks themselves do when they hear of an event."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from djirgo.events.message import Message
from djirgo.tasks.models.count import add_to_counts


def count_by_status(messages: Sequence[Message]) -> None:
    """Keep the number of tasks in every status. The order in which the changes arrive does not matter."""
    changes: Counter[str] = Counter()
    for message in messages:
        changes.update(_change(message.type, message.data))
    add_to_counts(changes)


def _change(type_: str, data: Mapping[str, Any]) -> Counter[str]:
    status = data["task"]["task_status"]
    if type_ == "task.created":
        return Counter({status: 1})
    if type_ == "task.deleted":
        return Counter({status: -1})
    moved = data["changed"].get("task_status")
    return Counter({moved["from"]: -1, moved["to"]: 1}) if moved else Counter()
