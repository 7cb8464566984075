"""A question to a server that may not answer."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from django.db import connections

T = TypeVar("T")


class NoAnswer(Exception):
    """It did not come in time."""


class Probe(Generic[T]):
    """Asks for no longer than `patience` seconds, and takes an answer that is `fresh` seconds old for a new one.

    A peer that swallows packets holds whoever asked it for minutes. So the question is put by a thread of its own, one
    at a time: those who come while it waits wait for the same answer, and give up on their own.
    """

    def __init__(self, ask: Callable[[], T], *, patience: float, fresh: float = 0.0) -> None:
        self.ask = ask
        self.patience = patience
        self.fresh = fresh
        self._lock = threading.Lock()
        self._answer: Future[T] | None = None
        self._asked_at = 0.0

    def __call__(self) -> T:
        try:
            return self._asked().result(self.patience)
        except TimeoutError:
            raise NoAnswer from None

    def _asked(self) -> "Future[T]":
        with self._lock:
            if self._answer is None or (self._answer.done() and time.monotonic() - self._asked_at >= self.fresh):
                self._answer = Future()
                self._asked_at = time.monotonic()
                threading.Thread(target=self._put, args=(self._answer,), name="probe", daemon=True).start()
            return self._answer

    def _put(self, answer: "Future[T]") -> None:
        try:
            result = self.ask()
        except Exception as problem:
            answer.set_exception(problem)
        else:
            answer.set_result(result)
        finally:
            connections.close_all()
