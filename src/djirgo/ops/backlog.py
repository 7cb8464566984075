"""How much of what happened has not been handed on yet."""

from dataclasses import dataclass
from datetime import datetime

from djirgo.events.brokers import broker
from djirgo.events.models import Event, Position
from djirgo.events.sequencer import SEQUENCER


@dataclass(frozen=True)
class Lag:
    events: int
    #: The age of the oldest of them.
    seconds: float


def lag(*, at: datetime) -> Lag:
    """What stands in the log beyond the mark, and what has no place in it yet: told by numbers, not counted."""
    mark = broker().settled()
    waiting = Position.objects.sequence_of(SEQUENCER) - mark + Event.objects.unnumbered().count()
    oldest = Event.objects.after(mark).first() or Event.objects.unnumbered().first()
    return Lag(waiting, max((at - oldest.time).total_seconds(), 0.0) if oldest else 0.0)
