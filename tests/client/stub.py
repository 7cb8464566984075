"""A server that answers as it is told, and breaks off as networks do: over real sockets."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: Any

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def key(self) -> str | None:
        return self.headers.get("Idempotency-Key")


@dataclass(frozen=True)
class Reply:
    """An answer; `promised` bytes more are announced than come, `late` by so many seconds."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    promised: int = 0
    late: float = 0.0
    kind: str = "application/json"


@dataclass(frozen=True)
class Cut:
    """The connection ends without a word."""


Step = Reply | Cut
Answering = Callable[[Asked], Step]


def problem(status: int, code: str, detail: str = "No.", **headers: str) -> Reply:
    body = {"type": "about:blank", "title": "No", "status": status, "detail": detail, "code": code}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, body, named, kind="application/problem+json")


def task(id_: int = 17, **fields: Any) -> dict[str, Any]:
    """A task, as the API shows it."""
    return {
        "id": id_,
        "text": f"Task {id_}\nand more about it",
        "task_status": "In_Progress",
        "owner": "ann",
        "performer": "reader",
        "pub_date": "2026-03-02T09:30:00.000000Z",
        "perform_time": "00:00:00",
        "perform_seconds": 0,
        "is_running": True,
        "updated_at": "2026-03-02T09:30:00.000000Z",
        "started_at": "2026-03-02T09:30:00.000000Z",
        "completed_at": None,
        "priority": "normal",
        "labels": ["ocr"],
        "due_at": None,
        "blocked_by": [],
        "project": 1,
        "ready": False,
        "lease": {"expires_at": "2026-03-02T09:35:00.000000Z", "token": f"lease-of-{id_}"},
        "attempts": 0,
        "failure_reason": None,
        "version": 2,
    } | fields


class Stub:
    """What is said next stands in `steps`; when they are used up, `otherwise` answers."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.steps: deque[Step | Answering] = deque()
        self.otherwise: Answering = lambda asked: problem(404, "not_found")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def will(self, *steps: Step | Answering) -> None:
        self.steps.extend(steps)

    def lines(self) -> list[str]:
        return [asked.line for asked in self.asked]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, asked: Asked) -> Step:
        self.asked.append(asked)
        step = self.steps.popleft() if self.steps else self.otherwise
        return step(asked) if callable(step) else step

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self._answer

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                step = answer(self.read())
                if isinstance(step, Cut):
                    self.close_connection = True
                    return
                time.sleep(step.late)
                body = b"" if step.body is None else step.body
                body = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(step.status)
                headers = {"Content-Type": step.kind, "Content-Length": str(len(body) + step.promised)}
                for name, value in (headers | dict(step.headers)).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = bool(step.promised)

            do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

            def read(self) -> Asked:
                parts = urlsplit(self.path)
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                query = dict(parse_qsl(parts.query))
                return Asked(self.command, parts.path, query, self.headers, json.loads(raw) if raw else None)

            def log_message(self, *args: Any) -> None:
                """Nothing to say."""

        return Handler
