"""A span of time, in whole microseconds."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from djirgo.events.envelope import instant

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Span(NamedTuple):
    started_at: datetime
    ended_at: datetime

    def shown(self) -> dict[str, str]:
        return {"started_at": instant(self.started_at), "ended_at": instant(self.ended_at)}


def microseconds(start: datetime, end: datetime) -> int:
    """Whole microseconds, without the rounding of floating seconds."""
    return (end - start) // MICROSECOND


def since_epoch(moment: datetime) -> int:
    """The instant as whole microseconds since 1970."""
    return microseconds(EPOCH, moment)
