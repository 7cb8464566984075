"""How far behind the handing on of events is: nothing is owed where the lag is no events."""

from dataclasses import dataclass
from datetime import datetime

from djirgo.events.brokers import broker
from djirgo.events.models import SEQUENCER, Event, Position


@dataclass(frozen=True)
class Lag:
    events: int
    #: How long the oldest of them has been waiting.
    seconds: float


def lag(*, at: datetime) -> Lag:
    """What was committed and has not reached RabbitMQ, or, embedded, the slowest consumer."""
    settled = broker().settled()
    numbered = Position.objects.sequence_of(SEQUENCER) - settled
    oldest = Event.objects.after(settled).first() or Event.objects.unnumbered().first()
    waited = (at - oldest.time).total_seconds() if oldest else 0.0
    return Lag(max(numbered, 0) + Event.objects.unnumbered().count(), max(waited, 0.0))
