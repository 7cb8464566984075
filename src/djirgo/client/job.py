"""A task in the hands of a program, from its claim to the word that ends it."""

import logging
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from djirgo.client.api import Api
from djirgo.client.errors import Conflict, DjirgoError, NotFound
from djirgo.client.keeper import Keeper
from djirgo.client.retrying import Patience, may_pass
from djirgo.client.task import Task

LONGEST_REASON = 1000
PAUSE_SECONDS = 1.0
LEFT = "The program left the task without a word about it."

log = logging.getLogger("djirgo.client")


class Job(Task):
    """A task that `Djirgo.work` has claimed, and whose lease is renewed until one of the verbs ends it.

    Where the lease was lost in the meantime the task is somebody else's, and what its verbs say changes nothing: they
    answer False instead of True, and leave a warning in the log.
    """

    _api: Api
    _keeper: Keeper
    _over: str | None = None

    @classmethod
    def of(cls, claimed: Mapping[str, Any], api: Api, *, seconds: float, may_be_old: bool) -> Self:
        """The task that a claim was answered with, now or some time ago. Its lease is renewed from now on."""
        job = cls.read(claimed)

        def renew(within: float) -> None:
            api.post(job._path("renew"), job._lease, within=within, patience=Patience(within))

        job._api = api
        job._keeper = Keeper(renew, seconds=seconds, at_once=may_be_old, name=f"task {job.id}")
        job._keeper.start()
        return job

    @property
    def lost(self) -> bool:
        """Whether somebody else may have the task by now. Work that takes long does well to look from time to time."""
        return self._keeper.is_lost

    def complete(self) -> bool:
        """It is done."""
        return self._end("complete")

    def fail(self, reason: str = "", *, retry: bool = True) -> bool:
        """It cannot be done: an attempt is spent. While there are more it comes back; without `retry` it does not."""
        return self._end("fail", reason=_fitting(reason), retry=retry)

    def release(self) -> bool:
        """It is for somebody else to do, and no attempt is spent."""
        return self._end("release")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """The end of the block ends the task. An exception fails it, and goes no further."""
        if isinstance(error, Exception):
            log.error("task %d: the work on it failed", self.id, exc_info=error)
            self.end("fail", reason=_fitting(f"{type(error).__name__}: {error}"))
            return True
        self.end("complete" if error is None else "release")
        return False

    def end(self, verb: str, **words: Any) -> None:
        """What becomes of it where the body has said nothing about it."""
        if self._over is None:
            self._end(verb, **words)

    def leave(self) -> None:
        """The loop was left, and nobody knows why. An exception is the likeliest, so an attempt is spent."""
        try:
            self.end("fail", reason=LEFT)
        except DjirgoError as error:
            log.warning("task %d: %s", self.id, error)

    @property
    def _lease(self) -> dict[str, Any]:
        return {"lease": self.lease.token} if self.lease else {}

    def _path(self, verb: str) -> str:
        return f"/api/tasks/{self.id}/{verb}/"

    def _end(self, verb: str, **words: Any) -> bool:
        if self._over is not None:
            raise RuntimeError(f"Task {self.id} is over: {self._over!r} was said already, then {verb!r}.")
        self._over = verb
        try:
            return self._tell(verb, self._lease | words)
        finally:
            self._keeper.stop()

    def _tell(self, verb: str, words: dict[str, Any]) -> bool:
        """Told until the server has heard it, or until the lease must have run out."""
        while True:
            try:
                self._api.post(self._path(verb), words)
            except DjirgoError as error:
                if may_pass(error) and not self._keeper.has_run_out:
                    log.warning("task %d: %r was not heard yet: %s", self.id, verb, error)
                    time.sleep(PAUSE_SECONDS)
                    continue
                if not may_pass(error) and not isinstance(error, Conflict | NotFound):
                    raise
                log.warning("task %d: %r came to nothing: %s", self.id, verb, error)
                return False
            return True


def _fitting(reason: str) -> str:
    """As the server takes it: an exception may say anything, at any length."""
    clean = reason.replace("\0", " ").encode(errors="replace").decode()
    return clean if len(clean) <= LONGEST_REASON else clean[: LONGEST_REASON - 1] + "…"
