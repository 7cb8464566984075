"""What people may write into a task, and what it has to look like."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypedDict

from djirgo.errors import Invalid
from djirgo.tasks.models.dependency import checked_blockers
from djirgo.tasks.models.label import checked_labels
from djirgo.tasks.models.project import Project
from djirgo.tasks.models.status import Priority

LONGEST_TEXT = 10_000


class InvalidText(Invalid):
    code = "invalid_text"


class InvalidProject(Invalid):
    code = "invalid_project"


class Edits(TypedDict, total=False):
    """What its owner may write into a task."""

    text: str
    project: Project
    priority: Priority
    labels: Sequence[str]
    due_at: datetime | None
    #: Ids of tasks of the same project.
    blocked_by: Sequence[int]


def checked_text(text: str) -> str:
    """The text without the white space around it."""
    trimmed = text.strip()
    if not 0 < len(trimmed) <= LONGEST_TEXT:
        raise InvalidText(f"A task says something in 1 to {LONGEST_TEXT:,} characters.", field="text")
    return trimmed


CHECKED: dict[str, Callable[[Any], Any]] = {
    "text": checked_text,
    "labels": checked_labels,
    "blocked_by": checked_blockers,
}


def checked(edits: Edits) -> dict[str, Any]:
    """The edits in the form in which they are kept."""
    return {name: CHECKED[name](value) if name in CHECKED else value for name, value in edits.items()}
