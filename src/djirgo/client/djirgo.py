"""The client: a server, whoever asks it, and the loops in which they work."""

import weakref
from collections.abc import Generator, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

from djirgo.client import environment, work
from djirgo.client.api import Api
from djirgo.client.calls import Calls, wanted
from djirgo.client.connection import Connection
from djirgo.client.credentials import ApiToken, Credentials, Session
from djirgo.client.job import Job
from djirgo.client.retrying import Patience
from djirgo.client.stopping import Stop


class Djirgo(Calls):
    """A server, and whoever asks it. To be closed when it is no longer needed, or used as a context manager.

    Where `url` and `token` are not given, they are `DJIRGO_URL` and `DJIRGO_TOKEN` of the environment. What gets no
    answer within `timeout_seconds` is asked again for up to `retry_seconds`, and still happens once.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        retry_seconds: float = 30.0,
        timeout_seconds: float = 30.0,
    ) -> None:
        connection = Connection(url or environment.url(), timeout_seconds=timeout_seconds)
        self._begin(connection, ApiToken(token or environment.token()), Patience(retry_seconds))

    @classmethod
    def log_in(
        cls,
        url: str | None,
        username: str,
        password: str,
        *,
        retry_seconds: float = 30.0,
        timeout_seconds: float = 30.0,
    ) -> Self:
        """As somebody with a password. The session renews itself, and ends when the client is closed."""
        connection = Connection(url or environment.url(), timeout_seconds=timeout_seconds)
        patience = Patience(retry_seconds)
        client = cls.__new__(cls)
        client._begin(connection, Session(connection, patience, username=username, password=password), patience)
        return client

    def _begin(self, connection: Connection, credentials: Credentials, patience: Patience) -> None:
        self._api = Api(connection, credentials, patience)
        self._loops: weakref.WeakKeyDictionary[Generator[Job], Stop] = weakref.WeakKeyDictionary()

    @property
    def url(self) -> str:
        return self._api.connection.url

    def close(self) -> None:
        for loop in list(self._loops):
            with suppress(ValueError):  # it runs in another thread, which will find the connection closed
                loop.close()
        self._api.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- At work --------------------------------------------------------------------------------------------------

    def work(
        self, *labels: str, project: int | None = None, lease_seconds: int = 300, wait_seconds: int = 5
    ) -> Iterator[Job]:
        """The tasks that carry all of these labels, one after the other, each claimed and yours while you work on it.

            for task in client.work("ocr"):
                with task:
                    read_aloud(task.text)

        The end of the block completes the task, and an exception in it fails it with the exception's words; or say
        yourself `task.complete()`, `task.fail("why")` or `task.release()`. The lease is renewed in the background.
        While there is nothing to do, or the server cannot be reached, the loop waits and asks again. After SIGTERM or
        SIGINT it ends with the task in hand; idle, within `wait_seconds`.
        """
        stop = Stop()
        loop = work.jobs(self._api, wanted(project, labels, lease_seconds, wait_seconds), stop)
        self._loops[loop] = stop
        return loop

    def stop(self) -> None:
        """What SIGTERM says to the main thread, said by your program: every loop ends with the task in hand."""
        for stop in list(self._loops.values()):
            stop.say()
