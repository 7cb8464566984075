"""Who asks: the holder of an API token, or somebody whose session renews itself."""

import threading
from contextlib import suppress
from typing import Protocol

from djirgo.client.connection import Answer, Connection, CutOff
from djirgo.client.errors import DjirgoError, Unreachable, refusal
from djirgo.client.retrying import Patience, patiently


class Credentials(Protocol):
    def header(self) -> str | None:
        """What `Authorization` says."""

    def renew(self, used: str | None) -> bool:
        """Whether there is something newer than what was used, and refused."""

    def end(self) -> None:
        """They are no longer needed."""


class ApiToken:
    """A token that somebody made once; without one, nobody."""

    def __init__(self, token: str | None) -> None:
        if token is not None and not (token.isascii() and token.isprintable() and token):
            raise DjirgoError("The token holds characters that no token has.")
        self._token = token

    def header(self) -> str | None:
        return f"Bearer {self._token}" if self._token else None

    def renew(self, used: str | None) -> bool:
        return False

    def end(self) -> None:
        """A token outlives whoever uses it."""


class Session:
    """An access token that lives for minutes, and the refresh token that the next pair is got with, once.

    The password is not kept. Threads share the session: of those that find it expired, one renews it.
    """

    def __init__(self, connection: Connection, patience: Patience, *, username: str, password: str) -> None:
        self._connection = connection
        self._patience = patience
        self._renewing = threading.Lock()
        self._take(self._ask("create", {"username": username, "password": password}))

    def header(self) -> str:
        return f"Bearer {self._access}"

    def renew(self, used: str | None) -> bool:
        with self._renewing:
            if self.header() != used:
                return True
            answer = self._ask("refresh", {"refresh": self._refresh})
            if answer.status == 200:
                self._take(answer)
            return answer.status == 200

    def end(self) -> None:
        with suppress(CutOff, Unreachable):
            self._connection.ask("POST", "/api/auth/jwt/logout/", body={"refresh": self._refresh})

    def _ask(self, what: str, body: dict[str, str]) -> Answer:
        """Sent once: a refresh token works once, and a wrong password counts."""
        return patiently(
            lambda: self._connection.ask("POST", f"/api/auth/jwt/{what}/", body=body),
            self._patience,
            is_final=lambda cut: cut.sent,
        )

    def _take(self, answer: Answer) -> None:
        if answer.status != 200:
            raise refusal(answer.status, answer.problem, retry_after=answer.retry_after)
        self._access = str(answer.problem.get("access"))
        self._refresh = str(answer.problem.get("refresh"))
