"""Instants, as the API writes them and as it takes them."""

from datetime import datetime


def read(said: str) -> datetime:
    return datetime.fromisoformat(said)


def maybe(said: str | None) -> datetime | None:
    return None if said is None else read(said)


def write(moment: datetime | str) -> str:
    """A text is sent as it is. A `datetime` without a time zone could mean two moments, and is sent as neither."""
    if isinstance(moment, str):
        return moment
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone. Say one: datetime.now(UTC), or moment.astimezone().")
    return moment.isoformat()
