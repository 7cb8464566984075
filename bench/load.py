"""The client: a number of connections, each of which sends its next request when it has its answer."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Answers:
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    wrong: dict[int, int] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds


class Connection(asyncio.Protocol):
    """Knows as much of HTTP as it takes to see where an answer ends."""

    def __init__(self, requests: Iterator[bytes], answers: Answers, expected: frozenset[int]) -> None:
        self.requests = requests
        self.answers = answers
        self.expected = expected
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = b""
        self.sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._send()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, separator, body = self.buffer.partition(b"\r\n\r\n")
        if not separator or len(body) < _length(head):
            return
        self.buffer = b""
        self.answers.latencies.append(time.perf_counter() - self.sent_at)
        status = int(head[9:12])
        if status not in self.expected:
            self.answers.wrong[status] = self.answers.wrong.get(status, 0) + 1
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.answers.wrong[0] = self.answers.wrong.get(0, 0) + 1
            self.done.set_result(None)

    def _send(self) -> None:
        request = next(self.requests, None)
        if request is None:
            self.done.set_result(None)
            self.transport.close()
            return
        self.sent_at = time.perf_counter()
        self.transport.write(request)


def _length(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.find(b"content-length:")
    return int(lowered[at + 15 :].split(b"\r", 1)[0]) if at >= 0 else 0


def until(deadline: float, requests: Iterator[bytes]) -> Iterator[bytes]:
    """As many of them as there is time for, and one at least."""
    yield next(requests)
    while time.perf_counter() < deadline:
        yield next(requests)


def send(port: int, requests: Iterator[bytes], connections: int, expected: frozenset[int]) -> Answers:
    """Send them all, so many at a time."""
    return asyncio.run(_send(port, requests, connections, expected))


async def _send(port: int, requests: Iterator[bytes], connections: int, expected: frozenset[int]) -> Answers:
    answers = Answers()
    began = time.perf_counter()
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: Connection(requests, answers, expected), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(protocol.done for _, protocol in opened))
    answers.seconds = time.perf_counter() - began
    return answers


def request(method: str, path: str, token: str = "", body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Accept: */*"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
