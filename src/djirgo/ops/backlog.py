"""How much of what happened has not been handed on yet."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Min

from djirgo.events.models import Event, Position
from djirgo.events.relay import RELAY
from djirgo.events.sequencer import SEQUENCER


@dataclass(frozen=True)
class Lag:
    events: int
    #: The age of the oldest of them.
    seconds: float


def settled() -> int:
    """Up to here the log is owed to nobody."""
    if settings.RABBITMQ_URL:
        return Position.objects.sequence_of(RELAY)
    consumers = Position.objects.filter(reader__startswith="consumer:").aggregate(slowest=Min("sequence"))
    return consumers["slowest"] if consumers["slowest"] is not None else Position.objects.sequence_of(SEQUENCER)


def lag(*, at: datetime) -> Lag:
    """Counted by numbers: what is in the log beyond the mark, and what has no place in it yet."""
    mark = settled()
    waiting = Position.objects.sequence_of(SEQUENCER) - mark + Event.objects.unnumbered().count()
    oldest = Event.objects.after(mark).first() or Event.objects.unnumbered().first()
    return Lag(waiting, max((at - oldest.time).total_seconds(), 0.0) if oldest else 0.0)
