"""A task as a card shows it: the one representation, and what only people look at."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone

from djirgo.tasks.models.status import OPEN
from djirgo.tasks.representation import COLUMNS, Row, represent

LONGEST_TITLE = 200
#: Cards show so many labels, and how many more there are.
MOST_LABELS = 4

DUE = COLUMNS.index("due_at")
IS_BLOCKED = COLUMNS.index("is_blocked")

Card = dict[str, Any]


def card(row: Row, *, now: datetime) -> Card:
    shown = represent(row, now=now)
    due: datetime | None = row[DUE]
    is_open = shown["task_status"] in OPEN
    return shown | {
        "title": title_of(shown["text"]),
        "has_more": "\n" in shown["text"],
        "due": due,
        "is_overdue": is_open and due is not None and due < now,
        "is_due_today": is_open and due is not None and timezone.localdate(due) == timezone.localdate(now),
        "is_blocked": is_open and row[IS_BLOCKED],
        "labels_shown": shown["labels"][:MOST_LABELS],
        "labels_hidden": max(0, len(shown["labels"]) - MOST_LABELS),
    }


def title_of(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1] + "…"


def cards(rows: Iterable[Row], *, now: datetime) -> list[Card]:
    return [card(row, now=now) for row in rows]
