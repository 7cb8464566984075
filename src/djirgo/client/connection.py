"""One request to one server, and what came back. It is tried once; what it means is for others to say."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

from djirgo.client.errors import DjirgoError, Unreachable

CONNECT_SECONDS = 5.0

Query = Mapping[str, Any]


class CutOff(Exception):
    """No whole answer came. `sent` says whether the server may have had the request all the same."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> Any:
        """The body, read as JSON; None where there is none."""
        return json.loads(self.body) if self.body else None

    @property
    def problem(self) -> Mapping[str, Any]:
        """The problem document; empty where somebody else answered, a proxy for instance."""
        try:
            said = self.document()
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}

    @property
    def retry_after(self) -> float | None:
        """Seconds, as the server asks: the header holds a number or a date."""
        said = self.headers.get("Retry-After", "").strip()
        if said.isascii() and said.isdigit():
            return float(said)
        try:
            return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
        except (ValueError, TypeError):
            return None


class Connection:
    """To one server, kept open between requests, and good for several threads at once."""

    def __init__(self, url: str, *, timeout_seconds: float) -> None:
        self.url = _checked(url)
        self.timeout_seconds = timeout_seconds
        self._pool = urllib3.PoolManager(maxsize=4, headers={"Accept": "application/json", "User-Agent": _name()})

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        within: float | None = None,
    ) -> Answer:
        """`within` so many seconds the server has to say something; the usual time-out, if nothing is said."""
        address = f"{self.url}{path}?{urlencode(query)}" if query else f"{self.url}{path}"
        content = {} if body is None else {"Content-Type": "application/json"}
        try:
            response = self._pool.request(
                method,
                address,
                body=None if body is None else json.dumps(body, allow_nan=False),
                headers={**self._pool.headers, **content, **(headers or {})},
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=within or self.timeout_seconds),
                retries=False,
            )
        except SSLError as error:
            raise Unreachable(f"{self.url} cannot be trusted: {error}") from error
        except HTTPError as error:
            sent = not isinstance(error, NewConnectionError | ConnectTimeoutError)
            raise CutOff(f"{self.url} does not answer: {_what(error)}", sent=sent) from error
        return Answer(response.status, response.data, response.headers)

    def close(self) -> None:
        self._pool.clear()


def _checked(url: str) -> str:
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise DjirgoError(f"{url!r} is no address of a server. One looks like https://tasks.example.org.")
    return url.strip().rstrip("/")


def _what(error: HTTPError) -> str:
    """Without the object that it happened to, which is nobody's concern."""
    return re.sub(r"^\w+\(.*?\): ", "", str(error)) or type(error).__name__


def _name() -> str:
    try:
        return f"djirgo-client/{version('djirgo')}"
    except PackageNotFoundError:
        return "djirgo-client"
