"""The one door through which a task changes, whoever comes: people, programs, jobs.

The row is held, its state and the rules are asked, a verb changes the fields, and what has become of the task is
written with its event: all of it or nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models

from djirgo.accounts.models import User
from djirgo.errors import Conflict, Invalid
from djirgo.rows import update
from djirgo.tasks import events
from djirgo.tasks.models import rules
from djirgo.tasks.models.dependency import Dependent
from djirgo.tasks.models.grip import Held
from djirgo.tasks.models.lease import Leased
from djirgo.tasks.models.queued import Queued
from djirgo.tasks.models.status import FROM, SETTLING, Status, Verb

if TYPE_CHECKING:
    from djirgo.tasks.models.work import WorkIntervalQuerySet


class AlreadyTaken(Conflict):
    code = "already_taken"


class InvalidTransition(Conflict):
    code = "invalid_transition"


class Blocked(Conflict):
    code = "blocked"


class InvalidPerformer(Invalid):
    code = "invalid_performer"


class Guarded(Held, Leased, Queued, Dependent):
    """The part of a task that lets nobody change it but through the door."""

    if TYPE_CHECKING:
        owner_id: int
        intervals: WorkIntervalQuerySet
        performer: models.ForeignKey[User | None, User | None]
        updated_at: models.DateTimeField[datetime, datetime]
        shown: Callable[..., dict[str, Any]]

    class Meta:
        abstract = True

    @contextmanager
    def _changing(
        self,
        verb: Verb,
        *,
        by: User | None,
        at: datetime,
        performer: User | None = None,
        lease: str | None = None,
        graph: bool = False,
        told: dict[str, Any] | None = None,
        savepoint: bool = True,
    ) -> Iterator[datetime]:
        """Lock, check, let the verb change the fields, and write the task and its event: all of it or nothing.

        Gives the instant of the change: `at`, but never earlier than the change before it, because whoever waited for
        the lock may have looked at the clock first. Where the verb changed nothing, nothing is written.
        """
        with self._held(verb, graph=graph, savepoint=savepoint):
            is_holder = by is not None and by.pk == self.performer_id
            self._check_lease(verb, lease, is_holder=is_holder, at=at)
            self._check(verb, by, performer)
            now = max(at, self.updated_at)
            was, before, place = vars(self).copy(), self.shown(now=now), self.place_in_queue
            holder, was_leased = self.performer_id, self.is_leased
            yield now
            # What is corrected may be less than a second, or the same time at another hour.
            if self.shown(now=now) == before and "correction" not in (told or {}):
                return
            if was_leased and (self.status != Status.IN_PROGRESS or self.performer_id != holder):
                self._end_lease(verb, was_shown=lease is not None)
            elif was_leased and is_holder and self.lease_expires_at and self.lease_expires_at > at:
                self._prolong_lease(at)
            self.version += 1
            self.updated_at = now
            update(self, before=was)
            self._keep_place_in_queue(place)
            shown = self.shown(now=now)
            events.record(events.TYPE_OF[verb], task=shown, before=before, by=by, at=now, **(told or {}))
            if verb in SETTLING:
                for dependent in self._dependents():
                    dependent._reconsider(at=now)

    def _check(self, verb: Verb, by: User | None, performer: User | None = None) -> None:
        """The state first, then the rules. Everybody may take a free task for themselves."""
        if verb == Verb.START and self.performer_id is not None and by and self.performer_id != by.pk:
            raise self._taken()
        if self.status not in FROM[verb]:
            raise InvalidTransition(f"“{verb}” is not possible while the task is {self.status}.")
        if verb == Verb.START and self.is_blocked:
            raise Blocked("Something has to be finished first.")
        if verb == Verb.ASSIGN and by and performer in (by, None) and rules.anyone_while_free(self, by):
            rules.require_worker(by, self.project)
            return
        rules.require(by, verb, self)

    def _check_performer(self, performer: User) -> None:
        if not performer.is_active:
            raise InvalidPerformer("This account is closed.", field="performer")
        if not self.project.is_worked_on_by(performer):
            raise InvalidPerformer(f"{performer} does not work in this project.", field="performer")

    def _taken(self) -> AlreadyTaken:
        return AlreadyTaken(f"{self.performer} has this task.")

    def _reconsider(self, *, at: datetime) -> None:
        """Something that it waits for was finished, or opened again, or is gone."""
        with self._changing(Verb.EDIT, by=None, at=at):
            self._look_at_blockers_again()
