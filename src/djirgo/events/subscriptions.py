"""Who wants to hear of which events. The table itself is wiring and lives in `config.subscriptions`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from djirgo.events.message import Message


@dataclass(frozen=True)
class Subscription:
    """`handle` gets messages in order, inside a transaction that also remembers that they were dealt with.

    It is called with the same messages again if that transaction does not commit, so what it does outside the database
    has to bear repetition. Patterns are RabbitMQ's: `*` is one word, `#` any number of words.
    """

    name: str
    patterns: tuple[str, ...]
    handle: Callable[[Sequence[Message]], None]

    @property
    def reader(self) -> str:
        """The name of its position in the log."""
        return f"consumer:{self.name}"

    def wants(self, type_: str) -> bool:
        return any(matches(pattern, type_) for pattern in self.patterns)


def subscriptions() -> tuple[Subscription, ...]:
    table: tuple[Subscription, ...] = import_string(settings.EVENT_SUBSCRIPTIONS)
    return table


def subscription_named(name: str) -> Subscription:
    """Raises LookupError if nobody of that name subscribes any more."""
    for subscription in subscriptions():
        if subscription.name == name:
            return subscription
    raise LookupError(f"There is no consumer {name}.")


@cache
def matches(pattern: str, type_: str) -> bool:
    """As a topic exchange would decide it."""
    return _match(pattern.split("."), type_.split("."))


def _match(pattern: list[str], words: list[str]) -> bool:
    if not pattern:
        return not words
    first, *rest = pattern
    if first == "#":
        return any(_match(rest, words[skipped:]) for skipped in range(len(words) + 1))
    return bool(words) and first in ("*", words[0]) and _match(rest, words[1:])
