"""The API, asked as its contract says: safely again, as somebody, page by page, with refusals as exceptions."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from djirgo.client.connection import Answer, Connection, CutOff, Query
from djirgo.client.credentials import Credentials
from djirgo.client.errors import NotFound, Unreachable, refusal
from djirgo.client.retrying import Patience, patiently, worth_asking_again

AWAY = frozenset({502, 503, 504})


class Api:
    def __init__(self, connection: Connection, credentials: Credentials, patience: Patience) -> None:
        self.connection = connection
        self.credentials = credentials
        self.patience = patience

    def get(self, path: str, query: Query | None = None) -> Any:
        return self._accepted(patiently(lambda: self._ask("GET", path, query=query), self.patience))

    def page(self, path: str, query: Query | None = None) -> Mapping[str, Any]:
        page = self.get(path, query)
        if not (isinstance(page, dict) and isinstance(page.get("results"), list) and "next" in page):
            raise self._strange()
        return page

    def pages(self, path: str, query: Query | None = None) -> Iterator[Mapping[str, Any]]:
        """Everything in a list, read a page at a time as it is asked for."""
        while True:
            page = self.page(path, query)
            yield from page["results"]
            if not page["next"]:
                return
            # Of `next` only the question: a server behind a proxy may know itself by another address.
            query = dict(parse_qsl(urlsplit(page["next"]).query))

    def post(
        self,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        within: float | None = None,
        patience: Patience | None = None,
    ) -> Any:
        """It happens once, however often it has to be sent: every try carries the same key."""
        keys = [key or uuid.uuid4().hex]

        def ask() -> Answer:
            headers = {"Idempotency-Key": keys[-1]}
            answer = self._ask("POST", path, body=body or {}, headers=headers, within=within)
            if worth_asking_again(answer) and "Idempotency-Replayed" in answer.headers:
                keys.append(uuid.uuid4().hex)  # a refusal that was kept: nothing has happened under this key
            return answer

        return self._accepted(patiently(ask, patience or self.patience))

    def post_secret(self, path: str, body: Any) -> Any:
        """The answer is a secret that the server does not keep, so it is not sent again once it may have arrived."""
        answer = patiently(lambda: self._ask("POST", path, body=body), self.patience, is_final=lambda cut: cut.sent)
        return self._accepted(answer)

    def patch(self, path: str, body: Mapping[str, Any], *, version: int | None = None) -> Any:
        """To write the same twice is to write it once; at a version, the second time would be told that it is late."""
        answer = patiently(
            lambda: self._ask("PATCH", path, body=body, headers=_if_match(version)),
            self.patience,
            is_final=lambda cut: cut.sent and version is not None,
        )
        return self._accepted(answer)

    def delete(self, path: str, *, version: int | None = None) -> None:
        lost: list[CutOff] = []

        def remember(cut: CutOff) -> bool:
            if cut.sent:
                lost.append(cut)
            return False

        answer = patiently(
            lambda: self._ask("DELETE", path, headers=_if_match(version)), self.patience, is_final=remember
        )
        try:
            self._accepted(answer)
        except NotFound:
            # Gone, after a try whose answer was lost: it was that try.
            if not lost:
                raise

    def close(self) -> None:
        self.credentials.end()
        self.connection.close()

    def _ask(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **what: Any) -> Answer:
        used = self.credentials.header()
        answer = self.connection.ask(method, path, headers=_as(used, headers), **what)
        if answer.status == 401 and self.credentials.renew(used):
            answer = self.connection.ask(method, path, headers=_as(self.credentials.header(), headers), **what)
        return answer

    def _accepted(self, answer: Answer) -> Any:
        if answer.status >= 400 and answer.status not in AWAY:
            raise refusal(answer.status, answer.problem, retry_after=answer.retry_after)
        try:
            said = answer.document() if answer.status < 300 else None
        except ValueError:
            raise self._strange() from None
        if answer.status >= 300:
            raise Unreachable(f"{self.connection.url} {_why(answer)}")
        return said

    def _strange(self) -> Unreachable:
        return Unreachable(f"{self.connection.url} does not answer as a Djirgo does.")


def _as(header: str | None, headers: Mapping[str, str] | None) -> dict[str, str]:
    return {**(headers or {}), **({"Authorization": header} if header else {})}


def _if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}


def _why(answer: Answer) -> str:
    if answer.status in AWAY:
        return f"answers {answer.status}: {answer.problem.get('detail') or 'it is not there just now.'}"
    return f"answers {answer.status}, which leads to {answer.headers.get('Location', 'nowhere')!r}: name that address."
