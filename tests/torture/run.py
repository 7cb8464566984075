"""The whole of it: set the stage, let them work, strike at random until all is done, count."""

import json
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.live import Installation, Process
from tests.torture import claimer
from tests.torture.faults import strike

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Size:
    tasks: int
    claimers: int
    #: Claims between two faults, on average: not seconds, so that a slow machine gets as far as a quick one.
    every: int
    #: How often a claimer comes too late, 0 to 1.
    late: float
    #: Seconds in which all has to be done.
    patience: float


@dataclass
class Report:
    seed: int
    faults: int = 0
    checks: int = 0
    violations: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.faults} faults, {self.checks} checks, {len(self.violations)} violations"


def inside(place: Installation, module: str, call: str) -> str:
    """What a function of ours prints last that is called within the installation."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.torture.{module} import *; {call}"
    process = place.start("shell", "--verbosity=0", "--no-imports", "-c", code)
    assert process.wait(600) == 0, process.output
    return process.output.splitlines()[-1]


class Scene:
    """The processes that work, and what can be done to them."""

    def __init__(self, place: Installation, size: Size, seed: int) -> None:
        self.place = place
        self.size = size
        self.seed = seed
        self.journals = place.data.parent / "journals"
        self.journals.mkdir(parents=True)
        place.settings |= {"DJIRGO_MAX_ATTEMPTS": "1000", "DJIRGO_WEB_PROCESSES": "2", "DJIRGO_LOG_LEVEL": "warning"}
        place.migrate()
        self.tokens: dict[str, str] = json.loads(inside(place, "stage", f"put_in({size.tasks}, {size.claimers})"))
        self.web: Process = place.serve()
        self.worker: Process = place.work()
        self.started = 0
        self.claimers = [self._claimer(number) for number in range(size.claimers)]

    def look_after(self) -> None:
        """What has ended by itself is started again, as `djirgo up` or a container's keeper would."""
        if not self.web.is_running:
            self.web = self.place.serve()
        if not self.worker.is_running:
            self.worker = self.place.work()
        for number, process in enumerate(self.claimers):
            if process.poll() is not None:
                self.claimers[number] = self._claimer(number)

    def replace_claimer(self, number: int) -> None:
        self._end(self.claimers[number])
        self.claimers[number] = self._claimer(number)

    def claims(self) -> int:
        return sum(journal.read_bytes().count(b'"claimed"') for journal in self.journals.iterdir())

    def is_done(self) -> bool:
        return not any(self._there_are(status) for status in ("New", "In_Progress", "Failed"))

    def clear(self) -> None:
        for process in self.claimers:
            self._end(process)

    def _claimer(self, number: int) -> "subprocess.Popen[bytes]":
        self.started += 1
        journal = self.journals / f"bot{number}-{self.started}.jsonl"
        words = [self.place.url, self.tokens[f"bot{number}"], journal, f"{self.seed}-{self.started}", self.size.late]
        return subprocess.Popen([sys.executable, claimer.__file__, *map(str, words)], stderr=subprocess.DEVNULL)

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        process.send_signal(signal.SIGKILL)
        process.wait()

    def _there_are(self, status: str) -> bool:
        headers = {"Authorization": f"Bearer {self.tokens['boss']}"}
        try:
            parameters = {"task_status": status, "page_size": "1"}
            answer = httpx.get(f"{self.place.url}/api/tasks/", params=parameters, headers=headers, timeout=10)
        except httpx.TransportError:
            return True
        assert answer.status_code == 200 or answer.status_code >= 500, answer.text
        return answer.status_code != 200 or bool(answer.json()["results"])


def torture(place: Installation, size: Size, seed: int) -> Report:
    dice = random.Random(seed)  # noqa: S311
    report = Report(seed)
    scene = Scene(place, size, seed)
    deadline = time.monotonic() + size.patience
    next_fault = dice.randint(1, 2 * size.every)
    try:
        while not scene.is_done() and time.monotonic() < deadline:
            time.sleep(0.2)
            scene.look_after()
            if scene.claims() >= next_fault:
                next_fault = scene.claims() + dice.randint(1, 2 * size.every)
                strike(scene, dice)
                report.faults += 1
    finally:
        scene.clear()
    scene.worker.terminate()  # so that what is counted stands still
    if time.monotonic() >= deadline:
        report.violations.append(f"not done after {size.patience} seconds")
    counted = json.loads(inside(place, "audit", f"audit({size.tasks}, {str(scene.journals)!r})"))
    report.checks = counted["checks"]
    report.violations += counted["violations"]
    return report
