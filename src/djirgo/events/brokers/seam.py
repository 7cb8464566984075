"""What a broker is to the rest of Djirgo. One contract suite, `tests/events/test_brokers.py`, holds both to it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from djirgo.events.message import Message
from djirgo.events.subscriptions import Subscription


class BrokerAway(Exception):
    """The broker cannot be reached, or did not do in time what it was asked."""


class Inbox(Protocol):
    """What waits for one reader, oldest first. What was taken and not acknowledged is taken again."""

    def take(self) -> list[Message]:
        """The next messages; none if there are none just now."""

    def settle(self, messages: Sequence[Message]) -> None:
        """To be called inside the transaction of their effects, with the first of those taken, in order."""

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """To be called after that transaction has committed."""

    def bury(self, message: Message, *, reason: str, at: datetime) -> None:
        """Put the first message aside for good, among the dead letters."""

    def close(self) -> None:
        """Let others take what was not acknowledged."""


class Publisher(Protocol):
    """Brings messages to where they are distributed."""

    def publish(self, messages: Sequence[Message]) -> None:
        """Returns once all of them are safe with the broker, and raises BrokerAway if that is in doubt."""

    def breathe(self) -> None:
        """Show a sign of life while there is nothing to publish."""

    def close(self) -> None: ...


class Broker(Protocol):
    def prepare(self, *, at: datetime) -> None:
        """Give every reader its place in the log, so that from now on it misses nothing."""

    def settled(self) -> int:
        """Up to here the log has been handed on; nothing of it is owed to anybody."""

    def publisher(self) -> Publisher | None:
        """None if the log itself is the queue."""

    def inbox(self, subscription: Subscription) -> Inbox: ...

    def queue(self, name: str) -> Inbox:
        """A queue by its name, for people to look into: `djirgo.tasks`."""
