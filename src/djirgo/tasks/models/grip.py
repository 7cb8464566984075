"""How a task is held while it is changed: its row is locked, and before it its project where dependencies change.

Everybody locks in this order, so that nobody waits for somebody who waits for them.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models, transaction

from djirgo.accounts.models import User
from djirgo.errors import Missing, Stale
from djirgo.rows import ReadAsItIs
from djirgo.statements import Statement
from djirgo.tasks.models.project import Project
from djirgo.tasks.models.status import SETTLING, Verb


class TaskGone(Missing):
    """It was deleted while somebody was about to change it."""


class StaleVersion(Stale):
    code = "stale_version"


class HeldTooLittle(Exception):
    """The row turned out to need its project locked first: everything is let go of, and locked again in order."""


class Grip(IntEnum):
    """How much of a task is locked by whoever is changing it."""

    NOTHING = 0
    ROW = 1
    PROJECT = 2


class Held(ReadAsItIs):
    """The part of a task that keeps others from it while one changes it."""

    version = models.PositiveIntegerField(default=1)

    #: Read the row with its people and its project, and lock it; the second, if somebody sees it.
    _row_to_change: ClassVar[Statement[Any]]
    _row_to_change_if_seen: ClassVar[Statement[Any]]
    _expected_version: int | None = None
    _sought_by: User | None = None
    _grip = Grip.NOTHING

    if TYPE_CHECKING:
        project_id: int
        blocks_others: bool

    class Meta:
        abstract = True

    @classmethod
    def sought(cls, pk: int, *, by: User) -> Self:
        """One of which no more is known than its id. Whoever changes it is told then whether they see it at all."""
        task = cls(pk=pk)
        task._sought_by = by
        return task

    def expecting(self, version: int | None) -> Self:
        """Let the next change go ahead only if the task is still at this version."""
        self._expected_version = version
        return self

    @contextmanager
    def _held(self, verb: Verb | None = None, *, graph: bool = False, savepoint: bool = True) -> Iterator[None]:
        """In a transaction, with the row locked. Where what waits for what is touched, the project is locked first.

        What holds it already, as `revise` does around its verbs, is enough. Where nobody goes on after a refusal, a
        transaction that is open already needs no savepoint.
        """
        if self._grip >= self._needed_grip(verb, graph):
            yield
            return
        held = None
        while held is None:
            try:
                held = self._hold(verb, graph=graph, savepoint=savepoint)
            except HeldTooLittle:
                graph = True
        with held:
            yield

    @contextmanager
    def _held_already(self, is_held: bool) -> Iterator[None]:
        """Where the row was locked when it was read, in the transaction that is open."""
        before = self._grip
        self._grip = Grip.ROW if is_held else before
        try:
            yield
        finally:
            self._grip = before

    def _hold(self, verb: Verb | None, *, graph: bool, savepoint: bool) -> ExitStack:
        with ExitStack() as stack:
            stack.enter_context(transaction.atomic(savepoint=savepoint))
            grip = self._needed_grip(verb, graph)
            project = Project(pk=self.project_id).lock() if grip == Grip.PROJECT else None
            self._lock()
            if grip < self._needed_grip(verb, graph) or (project and project.pk != self.project_id):
                raise HeldTooLittle
            self._expected_version = self._sought_by = None
            stack.callback(setattr, self, "_grip", self._grip)
            self._grip = grip
            return stack.pop_all()

    def _needed_grip(self, verb: Verb | None, graph: bool) -> "Grip":
        return Grip.PROJECT if graph or (verb in SETTLING and self.blocks_others) else Grip.ROW

    def _lock(self) -> None:
        """Read the row anew and keep others from it until the transaction ends. What was not saved is discarded."""
        found = self._row()
        if found is None:
            raise TaskGone("There is no such task.")
        vars(self).update(vars(found))
        if self._expected_version not in (None, self.version):
            raise StaleVersion(f"The task is at version {self.version} by now.")

    def _row(self) -> Any:
        who = self._sought_by
        if who is None or who.is_staff:
            return self._row_to_change.one(id=self.pk)
        return self._row_to_change_if_seen.one(id=self.pk, user=who.pk)
