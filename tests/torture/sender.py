"""Somebody who puts tasks in, one or several, now or later, and changes their mind, until told to stop.

python -m tests.torture.sender <url> <token> <journal> <seed> <seconds between two requests>
"""

import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.torture.program import Program

LATER = {"Prefer": "respond-async"}
NOWHERE = 10**9
SEVERAL = 3


class Sender(Program):
    def __init__(self, url: str, token: str, journal: str, seed: str, pause: str) -> None:
        super().__init__(url, token, journal, seed)
        self.name = f"{journal.rpartition('/')[2].removesuffix('.jsonl')}"
        self.pause = float(pause)
        self.sent = 0
        self.tasks: list[int] = []
        self.is_enough = False
        signal.signal(signal.SIGTERM, self.stop)

    def stop(self, *_: Any) -> None:
        self.is_enough = True

    def run(self) -> None:
        deeds: list[Callable[[], None]] = [self.send, self.send_later, self.send_several, self.edit, self.undo]
        while not self.is_enough:
            self.dice.choices(deeds, [35, 35, 10, 10, 10])[0]()
            time.sleep(self.dice.uniform(0, 2 * self.pause))

    def send(self) -> None:
        self._send(self._texts(1))

    def send_later(self) -> None:
        in_vain = self.dice.random() < 0.1
        self._send(self._texts(1), headers=LATER, in_vain=in_vain)

    def send_several(self) -> None:
        self._send(self._texts(SEVERAL), headers=LATER if self.dice.random() < 0.5 else {})

    def edit(self) -> None:
        if not self.tasks:
            return
        task, priority = self.dice.choice(self.tasks), self.dice.choice(["high", "urgent"])
        answer = self.ask("PATCH", f"{task}/", {"priority": priority}, once=False)
        if answer is not None and answer.status_code == 200:
            self.note(edited=task, version=answer.json()["version"], priority=priority)

    def undo(self) -> None:
        """The second half is refused, so that the first must not happen either."""
        if len(self.tasks) < 2:
            return
        first, second = sorted(self.dice.sample(self.tasks, 2))
        changes = [{"id": first, "priority": "low"}, {"id": second, "verb": "resume"}]
        answer = self.ask("PATCH", "bulk/", changes, once=False)
        if answer is not None and answer.status_code in (403, 409):
            self.note(undone=first)

    def _texts(self, number: int) -> list[str]:
        self.sent += number
        return [f"{self.name} {place}" for place in range(self.sent - number, self.sent)]

    def _send(self, texts: list[str], *, headers: dict[str, str] | None = None, in_vain: bool = False) -> None:
        self.note(sent=texts)
        project = {"project": NOWHERE} if in_vain else {}
        bodies = [{"text": text, **project} for text in texts]
        path, body = ("", bodies[0]) if len(bodies) == 1 else ("bulk/", bodies)
        answer = self.ask("POST", path, body, once=True, headers=headers)
        if answer is None:
            self.note(unknown=texts)
        elif answer.status_code == 202:
            self.note(accepted=answer.json()["id"], texts=texts, in_vain=in_vain)
        elif answer.status_code == 201:
            made = answer.json()
            self.tasks += [task["id"] for task in made.get("results", [made])]
            self.note(created=texts)
        elif not in_vain:
            self.note(fault=f"{answer.status_code} {answer.text}")


if __name__ == "__main__":
    Sender(*sys.argv[1:]).run()
