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


def instant(moment: datetime) -> str:
    """RFC 3339, UTC, to the microsecond: `2026-03-01T09:30:00.000000Z`."""
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{in_utc.isoformat(timespec='microseconds')[:26]}Z"
