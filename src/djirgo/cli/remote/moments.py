"""Instants as people write them, and as they like to read them."""

from datetime import datetime


def moment(said: str) -> datetime:
    """`2026-03-05`, `2026-03-05T12:00`, `2026-03-05T12:00+03:00`: without an offset, by the clock of this machine."""
    return datetime.fromisoformat(said).astimezone()


def is_moment(said: str) -> bool:
    try:
        moment(said)
    except (ValueError, OverflowError):
        return False
    return True


def local(at: datetime | None) -> str:
    """By the clock of this machine."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}" if at else ""
