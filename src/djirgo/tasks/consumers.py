"""What tasks themselves do when they hear of an event."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from djirgo.events.message import Message
from djirgo.tasks.models.count import Moment, Place, add_to_counts, add_to_history, quarter_of
from djirgo.tasks.models.project import GENERAL


def count_by_status(messages: Sequence[Message]) -> None:
    """Keep the number of tasks in every status of every project, and when it was another.

    The order in which changes arrive does not matter.
    """
    changes: Counter[Place] = Counter()
    history: Counter[Moment] = Counter()
    for message in messages:
        quarter = quarter_of(message.time)
        for (project, status), difference in _change(message.type, message.data).items():
            changes[project, status] += difference
            history[Moment(project, quarter, status)] += difference
    add_to_counts(changes)
    add_to_history(history)


def _change(type_: str, data: Mapping[str, Any]) -> Counter[Place]:
    task, changed = data["task"], data["changed"]
    to = (task.get("project", GENERAL), task["task_status"])
    if type_ == "task.created":
        return Counter({to: 1})
    if type_ == "task.deleted":
        return Counter({to: -1})
    came_from = {name: changed[name]["from"] for name in ("project", "task_status") if name in changed}
    start = (came_from.get("project", to[0]), came_from.get("task_status", to[1]))
    return Counter({start: -1, to: 1}) if start != to else Counter()
