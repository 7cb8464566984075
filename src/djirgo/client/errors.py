"""Why something did not happen: nobody answered, or the server refused and said why."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

Problem = Mapping[str, Any]


class DjirgoError(Exception):
    """Whatever the client raises is one of these."""


class Unreachable(DjirgoError):
    """No answer, or none that a Djirgo gives: nobody knows whether what was asked for has happened."""


class Refused(DjirgoError):
    """The server's problem document: nothing has happened, and it says why."""

    def __init__(self, status: int, problem: Problem, *, retry_after: float | None = None) -> None:
        super().__init__(status, problem)
        self.problem = problem
        self.retry_after = retry_after

    @property
    def status(self) -> int:
        return int(self.args[0])

    @property
    def code(self) -> str:
        """For programs: it never changes. An answer that Djirgo did not write has its status for a code."""
        return str(self.problem.get("code") or f"http_{self.status}")

    @property
    def detail(self) -> str:
        """For people."""
        return str(self.problem.get("detail") or _phrase(self.status))

    @property
    def errors(self) -> list[dict[str, str]]:
        """What is wrong with what was sent, field by field."""
        return list(self.problem.get("errors") or ())

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class Invalid(Refused):
    """Something is wrong with what was sent; `errors` says what."""


class Unauthorized(Refused):
    """The token is missing, expired, revoked, or wrong."""


class Forbidden(Refused):
    """Others may do this, or this token may not."""


class NotFound(Refused):
    """It is not there, or not for you."""


class Conflict(Refused):
    """The state of things forbids it, now."""


class AlreadyTaken(Conflict):
    """Somebody else has the task."""


class LeaseLost(Conflict):
    """The lease has run out, or is another's: the task is no longer yours, and nothing has changed."""


class Stale(Refused):
    """The task is at another version than the one you named."""


class TooManyRequests(Refused):
    """Come back after `retry_after` seconds."""


class ServerFailed(Refused):
    """A mistake of the server's; its log says which."""


OF_CODE: dict[str, type[Refused]] = {"lease_lost": LeaseLost, "already_taken": AlreadyTaken}
OF_STATUS: dict[int, type[Refused]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: Stale,
    429: TooManyRequests,
    500: ServerFailed,
}


def refusal(status: int, problem: Problem, *, retry_after: float | None = None) -> Refused:
    """The exception that a program can catch by its name."""
    kind = OF_CODE.get(str(problem.get("code"))) or OF_STATUS.get(status, Refused)
    return kind(status, problem, retry_after=retry_after)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "The server refused."
