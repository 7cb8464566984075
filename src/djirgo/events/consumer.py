"""Brings messages to whoever subscribed: their effects and the receipt for them in one transaction.

A batch that fails is dealt with again, one message at a time, so that only the one at fault fails. That one is tried
several times, because what it needs may come back, and holds up those behind it, because they may depend on it. Then it
goes to the dead letters, and the rest goes on.
"""

import logging
import sqlite3
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import prometheus_client
from django.db import Error, OperationalError, connection, transaction
from django.utils import timezone

from djirgo.events.brokers.seam import BrokerAway, Inbox
from djirgo.events.message import Message
from djirgo.events.models import DeadLetter, Position, Receipt
from djirgo.events.positions import LeaseLost
from djirgo.events.subscriptions import Subscription, subscription_named

ATTEMPTS = 5

DEAD_LETTERS = prometheus_client.Counter(
    "djirgo_dead_letters", "Messages that a consumer failed at too often", ["consumer"]
)
logger = logging.getLogger(__name__)


class Consumer:
    def __init__(self, subscription: Subscription, inbox: Inbox) -> None:
        self.name = subscription.reader
        self.subscription = subscription
        self.inbox = inbox
        self._failures: Counter[UUID] = Counter()

    def step(self) -> bool:
        """Deal with the next batch; answer whether there was one."""
        batch = self.inbox.take()
        if batch and not self._all_at_once(batch):
            for message in batch:
                self._one(message)
        return bool(batch)

    def close(self) -> None:
        self.inbox.close()

    def _all_at_once(self, batch: Sequence[Message]) -> bool:
        if len(batch) == 1 or batch[0].id in self._failures:
            return False
        try:
            self._deal_with(batch)
        except Exception as problem:
            if not is_a_message_at_fault(problem):
                raise
            logger.warning("%s: a batch of %d failed, now one by one: %r", self.name, len(batch), problem)
            return False
        return True

    def _one(self, message: Message) -> None:
        try:
            self._deal_with([message])
        except Exception as problem:
            if not is_a_message_at_fault(problem):
                raise
            self._failures[message.id] += 1
            if self._failures[message.id] < ATTEMPTS:
                raise
            self._give_up(message, problem)

    def _deal_with(self, batch: Sequence[Message]) -> None:
        with transaction.atomic():
            fresh = self._not_dealt_with(batch)
            self.inbox.settle(batch)
            if fresh:
                Receipt.objects.leave(self.subscription.name, [message.id for message in fresh], at=timezone.now())
                self.subscription.handle(fresh)
        self.inbox.acknowledge(batch)
        self._failures.clear()

    def _not_dealt_with(self, batch: Sequence[Message]) -> list[Message]:
        """Lock the position, so that two workers never ask at once, and leave out what was dealt with before."""
        position = Position.objects.select_for_update().filter(reader=self.name).first()
        dealt_with = Receipt.objects.left_by(self.subscription.name, [message.id for message in batch])
        mark = position.sequence if position else 0
        once = {message.id: message for message in batch if message.sequence > mark}
        return [message for id_, message in once.items() if id_ not in dealt_with]

    def _give_up(self, message: Message, problem: Exception) -> None:
        logger.error("%s: giving up on %s", self.name, message, exc_info=problem)
        self.inbox.bury(message, reason=f"{type(problem).__name__}: {problem}", at=timezone.now())
        self._failures.clear()
        DEAD_LETTERS.labels(self.subscription.name).inc()


def is_a_message_at_fault(problem: Exception) -> bool:
    """And not the broker, another worker or a database that is away or full: those are waited for, however long."""
    if isinstance(problem, BrokerAway | LeaseLost) or _is_in_trouble(problem):
        return False
    return not isinstance(problem, Error) or connection.is_usable()


def _is_in_trouble(problem: Exception) -> bool:
    """The database is, and any other statement would be. SQLite also calls operational what is wrong with this one."""
    code = getattr(problem.__cause__, "sqlite_errorcode", None)
    return isinstance(problem, OperationalError) and code != sqlite3.SQLITE_ERROR


@transaction.atomic
def try_again(letter: DeadLetter, *, at: datetime) -> None:
    """Hand a dead letter to its consumer once more, and let go of it if that succeeds."""
    consumer = subscription_named(letter.consumer)
    if not Receipt.objects.left_by(consumer.name, [letter.event]):
        Receipt.objects.leave(consumer.name, [letter.event], at=at)
        consumer.handle([Message(letter.envelope)])
    letter.delete()
