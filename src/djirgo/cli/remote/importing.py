"""`djirgo task import`: a file of tasks, each of which is put in once.

A row is sent with a key made of what it says, so that an import that was broken off, or whose file had to be mended,
can be run again: what is in already is answered as before, for as long as the server keeps its answers, which is a day.
"""

import csv
import hashlib
import json
import sys
import uuid
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from djirgo.cli.remote.moments import is_moment, moment
from djirgo.cli.remote.projects import project_id
from djirgo.cli.remote.screen import Screen
from djirgo.client import Djirgo, DjirgoError, Invalid

FORMATS = ("jsonl", "csv")
FIELDS = frozenset({"text", "project", "priority", "labels", "due_at", "blocked_by"})
#: Fields that hold several things: a list in JSON, separated by commas in CSV.
LISTS = frozenset({"labels", "blocked_by"})
LONG = 50

Row = dict[str, Any]


class Unreadable(DjirgoError):
    """The file is not what it has to be. Nothing of it was sent."""


def import_file(client: Djirgo, said: Namespace, screen: Screen) -> int:
    rows = list(_read(said.file, said.format))
    named = {str(row["project"]) for _, row in rows if row.get("project")}
    projects = {name: project_id(client, name) for name in sorted(named)}
    seen: Counter[str] = Counter()
    refused = 0
    with _progress(screen, len(rows)) as advance:
        for number, row in rows:
            try:
                key = _key(row, seen, again=said.again)
                _put_in(client, row, projects.get(str(row.get("project"))), key, screen)
            except Invalid as refusal:
                screen.note(f"djirgo: row {number}: {refusal}")
                refused += 1
            advance()
    screen.note(f"{len(rows) - refused} of {len(rows)} tasks are in.")
    return 1 if refused else 0


def _put_in(client: Djirgo, row: Row, project: int | None, key: str, screen: Screen) -> None:
    due_at = row.get("due_at")
    task = client.create(
        row["text"],
        project=project,
        priority=row.get("priority"),
        labels=row.get("labels") or (),
        due_at=moment(due_at) if due_at else None,
        blocked_by=row.get("blocked_by") or (),
        idempotency_key=key,
    )
    if screen.as_json:
        screen.document(task.said)


def _key(row: Row, seen: Counter[str], *, again: bool) -> str:
    """The same for the same row, and another for its second occurrence."""
    if again:
        return uuid.uuid4().hex
    words = json.dumps(row, sort_keys=True)
    seen[words] += 1
    return "import-" + hashlib.sha256(f"{seen[words]} {words}".encode()).hexdigest()


# --- Reading ----------------------------------------------------------------------------------------------------------


def _read(name: str, format_: str | None) -> Iterator[tuple[int, Row]]:
    """Every row with its number, all of them before the first is sent."""
    kind = format_ or Path(name).suffix.removeprefix(".").lower().replace("ndjson", "jsonl")
    if kind not in FORMATS:
        raise Unreadable(f"Say what {name} holds: --format jsonl or --format csv.")
    with _opened(name) as file:
        for number, row in _json_lines(file) if kind == "jsonl" else _csv(file):
            yield number, _checked(number, row)


@contextmanager
def _opened(name: str) -> Iterator[TextIO]:
    if name == "-":
        yield sys.stdin
        return
    try:
        # A spreadsheet begins its CSV with a mark of the byte order.
        with open(name, encoding="utf-8-sig", newline="") as file:
            yield file
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{name} cannot be read: {error}.") from None


def _json_lines(file: Iterable[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise Unreadable(f"Row {number} is not JSON: {error}.") from None
        if not isinstance(row, dict):
            raise Unreadable(f"Row {number} is no JSON object.")
        yield number, row


def _csv(file: Iterable[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    rows = csv.DictReader(file, strict=True)
    try:
        for row in rows:
            if None in row or None in row.values():
                raise Unreadable(f"Row {rows.line_num} has another number of cells than the first row.")
            yield rows.line_num, {name: _cell(name, text) for name, text in row.items() if text}
    except csv.Error as error:
        raise Unreadable(f"Row {rows.line_num} is not CSV: {error}.") from None


def _cell(name: str, text: str) -> Any:
    if name not in LISTS:
        return text
    words = [word.strip() for word in text.split(",") if word.strip()]
    return (
        [int(word) if word.isascii() and word.isdigit() else word for word in words] if name == "blocked_by" else words
    )


#: What a field has to be before anything is sent; the rest is for the server to say.
KINDS: dict[str, Callable[[Any], bool]] = {
    "text": lambda said: isinstance(said, str),
    "project": lambda said: isinstance(said, str | int),
    "due_at": lambda said: said is None or (isinstance(said, str) and is_moment(said)),
    "labels": lambda said: isinstance(said, list),
    "blocked_by": lambda said: isinstance(said, list) and all(isinstance(id_, int) for id_ in said),
}


def _checked(number: int, row: Mapping[str, Any]) -> Row:
    if unknown := ", ".join(sorted(set(row) - FIELDS)):
        raise Unreadable(f"Row {number}: a task that is put in has no {unknown}. It has {', '.join(sorted(FIELDS))}.")
    if "text" not in row:
        raise Unreadable(f"Row {number} has no text.")
    for name, value in row.items():
        if name in KINDS and not KINDS[name](value):
            raise Unreadable(f"Row {number}: {value!r} is no {name}.")
    return dict(row)


# --- Showing how far it is --------------------------------------------------------------------------------------------


@contextmanager
def _progress(screen: Screen, rows: int) -> Iterator[Any]:
    """A bar where it takes a while and somebody looks on."""
    if rows < LONG or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Putting tasks in", total=rows)
        yield lambda: progress.advance(bar)
