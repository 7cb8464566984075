"""A program that claims tasks and works on them, well or badly, until it is killed.

python -m tests.torture.claimer <url> <token> <journal> <seed> <how often it comes too late, 0 to 1>
"""

import sys
import time
from typing import Any

from tests.torture.program import Program

LEASE = 10


class Claimer(Program):
    def __init__(self, url: str, token: str, journal: str, seed: str, late: str) -> None:
        super().__init__(url, token, journal, seed)
        self.late = float(late)

    def run(self) -> None:
        while True:
            labels = self.dice.choice([[], [], [], ["ocr"]])
            answer = self.say("claim/", {"lease_seconds": LEASE, "wait_seconds": 2, "labels": labels})
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
            answer = self.say(f"{task['id']}/{verb}/", lease)
            if answer is None:
                self.note(**claim, unknown=verb)
                return
            if answer.status_code != 200:
                self.note(**claim, refused=answer.json()["code"], verb=verb)
                return
        self.note(**claim, ended=verb)
        if self.dice.random() < 0.1:
            again = self.say(f"{task['id']}/{verb}/", lease)
            if again is not None and again.status_code != 200:
                self.note(**claim, refused_again=again.json()["code"])

    def say(self, path: str, body: dict[str, Any]) -> Any:
        return self.ask("POST", path, body, once=self.dice.random() < 0.5)


if __name__ == "__main__":
    Claimer(*sys.argv[1:]).run()
