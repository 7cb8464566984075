"""Real bots on one queue: one is killed in mid-task, another does that task, and each task is completed once."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from djirgo.client import Djirgo, Task
from tests.live import OURS, Installation
from tests.servers import eventually

TASKS = 40
#: It says what it begins and what it ends, waits where the task says so, and stalls for good the first time.
BOT = """
import os, sys, time
from djirgo.client import Djirgo

with Djirgo() as client:
    for task in client.work("ocr", lease_seconds=10, wait_seconds=2):
        with task:
            print("begins", task.id, flush=True)
            while task.title == "Stall" and task.attempts == 0:
                time.sleep(0.05)
            while task.title == "Wait" and not os.path.exists(sys.argv[1]):
                time.sleep(0.05)
            print("ends", task.id, flush=True)
print("bye", flush=True)
"""


class Bot:
    """A process that works, as a user of its own."""

    def __init__(self, name: str, place: Installation, token: str, signal_file: Path) -> None:
        self.name = name
        self.log = place.data.parent / f"{name}.log"
        inherited = {name: value for name, value in os.environ.items() if not OURS.match(name)}
        with open(self.log, "wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", BOT, str(signal_file)],
                env=inherited | {"DJIRGO_URL": place.url, "DJIRGO_TOKEN": token},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> list[str]:
        return self.log.read_text().splitlines()

    def has(self, task: Task) -> bool:
        return f"begins {task.id}" in self.said and f"ends {task.id}" not in self.said


@contextmanager
def bots(place: Installation, person: Djirgo, signal_file: Path, *names: str) -> Iterator[list[Bot]]:
    started = []
    for name in names:
        person.create_bot(name)
        token = person.create_token("work", ["work", "read"], bot=name).token
        assert token
        started.append(Bot(name, place, token, signal_file))
    try:
        yield started
    finally:
        for bot in started:
            bot.process.kill()
            bot.process.wait()


@pytest.fixture
def person(installation: Installation) -> Iterator[Djirgo]:
    """Somebody who puts tasks in, and has bots."""
    installation.up()
    ann = {"username": "ann", "password": "a password for work"}
    httpx.post(f"{installation.url}/api/auth/users/", json=ann).raise_for_status()
    with Djirgo.log_in(installation.url, **ann) as client:
        yield client


def holder(task: Task, among: list[Bot]) -> Bot:
    eventually(lambda: any(bot.has(task) for bot in among), f"somebody begins {task.title!r}")
    return next(bot for bot in among if bot.has(task))


@pytest.mark.timeout(300)
def test_every_task_is_completed_once_although_a_bot_is_killed_and_another_told_to_stop(
    installation: Installation, person: Djirgo, tmp_path: Path
) -> None:
    go_on = tmp_path / "go on"
    stall = person.create("Stall", labels=["ocr"], priority="urgent")
    wait = person.create("Wait", labels=["ocr"], priority="urgent")
    other = person.create("Another's", labels=["translation"])
    with bots(installation, person, go_on, "reader-1", "reader-2", "reader-3") as readers:
        killed, told = holder(stall, readers), holder(wait, readers)
        tasks = [stall, wait, *(person.create(f"Page {number}", labels=["ocr"]) for number in range(TASKS))]

        killed.process.kill()
        told.process.terminate()
        assert told.process.poll() is None
        go_on.touch()
        assert told.process.wait(30) == 0
        assert told.said[-2:] == [f"ends {wait.id}", "bye"]

        eventually(lambda: all(person.task(task).task_status == "Completed" for task in tasks), "all is done", 60)
        last = next(bot for bot in readers if bot not in (killed, told))
        last.process.terminate()
        assert last.process.wait(30) == 0
        assert last.said[-1] == "bye"

    histories = {task.id: [event.type for event in person.history(task)] for task in tasks}
    assert [types.count("task.completed") for types in histories.values()] == [1] * len(tasks)
    assert histories[stall.id] == [
        "task.created", "task.started", "task.lease_expired", "task.started", "task.completed",
    ]  # fmt: skip
    assert (person.task(stall).performer, person.task(wait).performer) == (last.name, told.name)
    assert person.task(other).task_status == "New"
    ends = Counter(line for bot in readers for line in bot.said if line.startswith("ends"))
    assert ends == Counter(f"ends {task.id}" for task in tasks)
