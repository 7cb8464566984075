"""What is printed: tables for people, JSON for programs, and nothing that a terminal would obey."""

import json
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from djirgo.cli.remote.moments import local
from djirgo.client import Task

#: Where no terminal sets a limit, a title is cut all the same.
WIDTH_OF_A_PIPE = 240
LONGEST_TITLE = 200
STYLES = {"In_Progress": "cyan", "Completed": "green", "Failed": "red", "Cancelled": "dim"}

#: What is told of a task in a list, and how wide a terminal has to be for it.
COLUMNS: dict[str, tuple[int, Callable[[Task], str]]] = {
    "id": (0, lambda task: str(task.id)),
    "status": (0, lambda task: task.task_status),
    "priority": (50, lambda task: task.priority),
    "performer": (65, lambda task: task.performer or ""),
    "due": (80, lambda task: local(task.due_at)),
    "labels": (100, lambda task: ", ".join(task.labels)),
    "title": (0, lambda task: task.title[:LONGEST_TITLE]),
}

Row = Sequence[str]


def clean(text: str) -> str:
    """A text without what would move a terminal's cursor, or turn its letters around."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


class Screen:
    """Where a command prints, as whoever called it wishes to read it."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def document(self, said: Mapping[str, Any]) -> None:
        """On a line of its own. What is not printable stands in it as JSON lets it be written."""
        text = json.dumps(dict(said), ensure_ascii=False)
        print("".join(letter if letter.isprintable() else json.dumps(letter)[1:-1] for letter in text), flush=True)

    def line(self, text: str) -> None:
        print(clean(text), flush=True)

    def note(self, text: str) -> None:
        """Beside what was asked for: it goes where errors go, so that a pipe does not get it."""
        print(clean(text), file=sys.stderr, flush=True)

    def tasks(self, tasks: Iterable[Task]) -> None:
        if self.as_json:
            for task in tasks:
                self.document(task.said)
            return
        width = _width()
        shown = {heading: cell for heading, (least, cell) in COLUMNS.items() if width >= least}
        rows = [[cell(task) for cell in shown.values()] for task in tasks]
        self.table(list(shown), rows, giving_way=("performer", "labels", "title"))

    def task(self, task: Task) -> None:
        """One that was changed, in a line."""
        self.document(task.said) if self.as_json else self.line(f"{task.id}  {task.task_status}  {task.title}")

    def fields(self, fields: Mapping[str, str]) -> None:
        width = max(len(name) for name in fields)
        for name, value in fields.items():
            if value:
                self.line(f"{name:{width}}  {value}")

    def table(self, headings: Row, rows: Iterable[Row], *, giving_way: Sequence[str]) -> None:
        """A row is a line. Where the terminal is too narrow, some columns give way."""
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold")
        for heading in headings:
            table.add_column(heading, no_wrap=heading not in giving_way)
        for row in rows:
            cells = (Text(clean(cell), style=STYLES.get(cell, ""), no_wrap=True, overflow="ellipsis") for cell in row)
            table.add_row(*cells)
        console = Console(highlight=False, width=_width())
        # Printed by ourselves, because a Console has an idea of its own of what a reader that has gone means.
        with console.capture() as drawn:
            console.print(table)
        print(drawn.get(), end="", flush=True)


def _width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH_OF_A_PIPE
