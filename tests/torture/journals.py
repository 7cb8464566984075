"""What the programs have written down, and what the consumers have printed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Note = dict[str, Any]


def notes_in(journals: Path) -> Iterator[tuple[str, Note]]:
    """Each with the user in whose name it was written. The last line of one that was killed may be cut off."""
    for journal in journals.glob("*.jsonl"):
        for line in journal.read_text().splitlines():
            if line.endswith("}"):
                yield journal.name.partition("-")[0], json.loads(line)


def messages_in(home: Path) -> Iterator[Note]:
    """What the consumers printed, one after the other: each began when the one before it had ended."""
    for log in sorted(home.glob("*-consume.log"), key=lambda log: int(log.name.partition("-")[0])):
        for line in log.read_text().splitlines():
            if line.startswith('{"specversion"') and line.endswith("}"):
                yield json.loads(line)
