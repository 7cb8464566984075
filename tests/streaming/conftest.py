"""What is read from a stream, as a browser reads it."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson


class Told(NamedTuple):
    """An event as it was told, or a place without one."""

    place: int
    type: str
    envelope: dict[str, Any] | None


def read(lines: Iterable[str]) -> Iterator[Told]:
    """What the HTML standard says of the lines of a stream, as far as we use it."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
            continue
        envelope = orjson.loads(fields["data"]) if "data" in fields else None
        yield Told(int(fields["id"]), fields.get("event", ""), envelope)
        fields = {}


def told(frames: bytes) -> list[Told]:
    return list(read(frames.decode().split("\n")[:-1]))


def places(frames: bytes) -> list[int]:
    """Those of events."""
    return [one.place for one in told(frames) if one.envelope]
