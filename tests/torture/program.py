"""A program that asks Djirgo over HTTP, again while nobody answers, and writes down what it is told."""

import json
import random
import time
import uuid
from contextlib import suppress
from typing import Any

import httpx

#: Seconds for which it asks the same again while nobody answers.
PATIENCE = 8.0


class Program:
    def __init__(self, url: str, token: str, journal: str, seed: str) -> None:
        self.client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=25)
        self.journal = open(journal, "a", buffering=1)  # noqa: SIM115  # closed by the kernel
        self.dice = random.Random(seed)  # noqa: S311

    def ask(
        self, method: str, path: str, body: Any, *, once: bool, headers: dict[str, str] | None = None
    ) -> httpx.Response | None:
        """An answer that says more than that the server is not there for us; None if there is none for too long."""
        deadline = time.monotonic() + PATIENCE
        said = (headers or {}) | ({"Idempotency-Key": str(uuid.uuid4())} if once else {})
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                answer = self.client.request(method, f"/api/tasks/{path}", json=body, headers=said)
                busy = answer.status_code == 409 and answer.json()["code"] == "idempotency_key_in_use"
                if answer.status_code < 500 and not busy:
                    return answer
                if answer.status_code == 500:
                    self.note(fault=f"{method} {path}: {answer.text}")
            time.sleep(0.1)
        return None

    def note(self, **what: Any) -> None:
        self.journal.write(json.dumps(what) + "\n")
