"""A program that claims tasks and works on them, well or badly, until it is killed. It writes down what it is told.

python claimer.py <url> <token> <journal> <seed> <how often it comes too late, 0 to 1>
"""

import json
import random
import sys
import time
import uuid
from contextlib import suppress
from typing import Any

import httpx

LEASE = 10
#: How long it asks the same again while nobody answers.
PATIENCE = 8.0


class Claimer:
    def __init__(self, url: str, token: str, journal: str, seed: str, late: str) -> None:
        self.client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=25)
        self.journal = open(journal, "a", buffering=1)  # noqa: SIM115  # closed by the kernel
        self.dice = random.Random(seed)  # noqa: S311
        self.late = float(late)

    def run(self) -> None:
        while True:
            labels = self.dice.choice([[], [], [], ["ocr"]])
            answer = self.ask("claim/", {"lease_seconds": LEASE, "wait_seconds": 2, "labels": labels})
            if answer is not None and answer.status_code == 200:
                self.work_on(answer.json())

    def work_on(self, task: dict[str, Any]) -> None:
        claim = {"task": task["id"], "version": task["version"]}
        self.note(**claim, claimed=True)
        lease = {"lease": task["lease"]["token"]}
        if self.dice.random() < self.late:
            time.sleep(LEASE + self.dice.uniform(0.5, 2))
        else:
            time.sleep(self.dice.uniform(0, 0.02))
        for verb in self.dice.choices(
            [["complete"], ["renew", "complete"], ["pause", "resume", "complete"], ["fail"], ["release"]],
            [75, 8, 5, 7, 5],
        )[0]:
            answer = self.ask(f"{task['id']}/{verb}/", lease)
            if answer is None:
                self.note(**claim, unknown=verb)
                return
            if answer.status_code != 200:
                self.note(**claim, refused=answer.json()["code"], verb=verb)
                return
        self.note(**claim, ended=verb)
        if self.dice.random() < 0.1:
            again = self.ask(f"{task['id']}/{verb}/", lease)
            if again is not None and again.status_code != 200:
                self.note(**claim, refused_again=again.json()["code"])

    def ask(self, path: str, body: dict[str, Any]) -> httpx.Response | None:
        """An answer that says more than that the server is not there for us; None if there is none for too long."""
        deadline = time.monotonic() + PATIENCE
        headers = {"Idempotency-Key": str(uuid.uuid4())} if self.dice.random() < 0.5 else {}
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                answer = self.client.post(f"/api/tasks/{path}", json=body, headers=headers)
                busy = answer.status_code == 409 and answer.json()["code"] == "idempotency_key_in_use"
                if answer.status_code < 500 and not busy:
                    return answer
                if answer.status_code == 500:
                    self.note(fault=f"{path}: {answer.text}")
            time.sleep(0.1)
        return None

    def note(self, **what: Any) -> None:
        self.journal.write(json.dumps(what) + "\n")


if __name__ == "__main__":
    Claimer(*sys.argv[1:]).run()
