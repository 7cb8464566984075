"""A lease: whoever claims a task for a time holds a secret token, and nobody acts in their place without it.

    claim ──▶ leased ──▶ complete, fail, release, cancel …    the lease ends; the same words again are answered again
                │  ▲
                │  └── renew, and whatever else the holder does with the task
                └────▶ runs out: the task comes back, an attempt is spent, the token is worth nothing

The token is a fence: of a holder that was thought dead, and the one that has the task now, only the second has a token
that opens. Leases are counted by one clock, that of the database (`tasks.clock`).
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar

from django.db import models
from django.utils.crypto import constant_time_compare

from djirgo.accounts.models import User
from djirgo.errors import Conflict
from djirgo.tasks.models.status import Verb

SHORTEST_LEASE = 10
LONGEST_LEASE = 86_400
#: What a program gets that does not say for how long, in seconds. People get none unless they ask.
LEASE_OF_A_BOT = 300

#: What may be done with a leased task by anybody whom the rules let, because it is not work on it.
NOT_FENCED = frozenset({Verb.EDIT, Verb.CORRECT, Verb.DELETE, Verb.EXPIRE})

Method = TypeVar("Method", bound=Callable[..., Any])


class LeaseLost(Conflict):
    code = "lease_lost"


class SaidBefore(Exception):
    """The lease was ended by these very words: whoever says them again has not heard the answer."""


class Leased(models.Model):
    """The part of a task that says who holds it for how long."""

    lease_hash = models.CharField(max_length=64, null=True, editable=False)
    lease_seconds = models.PositiveIntegerField(null=True, editable=False)
    lease_expires_at = models.DateTimeField(null=True, editable=False)
    #: The last sign of life of whoever holds it.
    lease_seen_at = models.DateTimeField(null=True, editable=False)
    #: The verb that ended it, for whoever says it again.
    lease_ended_by = models.CharField(max_length=11, null=True, editable=False)

    #: The token, in the hands of whoever has just claimed; it is not kept.
    lease_token: str | None = None

    class Meta:
        abstract = True

    @property
    def is_leased(self) -> bool:
        return self.lease_expires_at is not None

    def _grant_lease(self, seconds: int, now: datetime) -> None:
        self.lease_token = secrets.token_urlsafe(24)
        self.lease_hash = _hash(self.lease_token)
        self.lease_seconds = seconds
        self.lease_ended_by = self.lease_expires_at = self.lease_seen_at = None
        self._prolong_lease(now)

    def _prolong_lease(self, now: datetime) -> None:
        """Never shorter than it was: whoever shows a sign of life may have looked at another clock."""
        self.lease_seen_at = max(now, self.lease_seen_at or now)
        until = now + timedelta(seconds=self.lease_seconds or 0)
        self.lease_expires_at = max(until, self.lease_expires_at or until)

    def _end_lease(self, verb: Verb, *, was_shown: bool) -> None:
        """Over. Only who ended it by its token may say so twice."""
        self.lease_expires_at = self.lease_seen_at = self.lease_seconds = None
        self.lease_ended_by = verb if was_shown else None
        if not was_shown:
            self.lease_hash = None

    def _check_lease(self, verb: Verb, token: str | None, *, is_holder: bool, at: datetime) -> None:
        if token is None:
            if self.is_leased and is_holder and verb not in NOT_FENCED:
                raise LeaseLost(f"This task is leased: “{verb}” needs its lease.")
            return
        if not self._is_of_this_lease(token):
            raise LeaseLost("This lease is over: the task is not yours any more.")
        if not self.is_leased and self.lease_ended_by == verb:
            raise SaidBefore
        if self.lease_expires_at is None or self.lease_expires_at <= at:
            raise LeaseLost("This lease is over: the task is not yours any more.")

    def _is_of_this_lease(self, token: str) -> bool:
        return self.lease_hash is not None and constant_time_compare(self.lease_hash, _hash(token))


def repeatable(verb: Method) -> Method:
    """Said again with the lease that it ended, the verb is answered again and does nothing."""

    @wraps(verb)
    def once(task: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return verb(task, *args, **kwargs)
        except SaidBefore:
            return task

    return once  # type: ignore[return-value]


def seconds_for(user: User, asked: int | None) -> int | None:
    """How long the lease of a claim is; None for none."""
    return asked or (LEASE_OF_A_BOT if user.is_bot else None)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
