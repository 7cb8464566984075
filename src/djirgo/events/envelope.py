"""The form in which an event leaves Djirgo, CloudEvents 1.0, written once for the feed, the stream and the broker."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from djirgo.events.models import Event


def envelope(event: Event) -> dict[str, Any]:
    """The event as others receive it; the same on every delivery."""
    return {
        "specversion": "1.0",
        "id": str(event.uuid),
        "source": settings.EVENT_SOURCE,
        "type": event.type,
        "subject": event.subject,
        "time": instant(event.time),
        "datacontenttype": "application/json",
        "sequence": event.sequence,
        "data": event.data,
    }


def instant(moment: datetime | str) -> str:
    """RFC 3339, UTC, to the microsecond: `2026-03-01T09:30:00.000000Z`; of what a database has written, its text."""
    if isinstance(moment, str):
        if len(moment) >= 26 and moment[20:26].isdigit():
            return f"{moment[:10]}T{moment[11:26]}Z"
        fraction = moment[20:26].partition("+")[0]  # the zeros at the end of a second are not written
        return f"{moment[:10]}T{moment[11:19]}.{fraction:0<6}Z"
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{in_utc.isoformat(timespec='microseconds')[:26]}Z"


def read_instant(text: str) -> datetime:
    """What a database has written, in UTC: `2026-03-01 09:30:00.5`, or the same with `+00` behind it."""
    return datetime.fromisoformat(f"{text.partition('+')[0]}+00:00")
