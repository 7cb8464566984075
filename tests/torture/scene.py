"""The processes that work, and what can be done to them."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.live import Installation, Process
from tests.torture.ground import Ground
from tests.torture.journals import messages_in

ROOT = Path(__file__).parents[2]
Program = subprocess.Popen[bytes]


@dataclass(frozen=True)
class Size:
    #: Tasks that are there from the beginning; as many again are sent while it goes on.
    tasks: int
    claimers: int
    senders: int
    workers: int
    faults: int
    #: Claims between two faults, on average: not seconds, so that a slow machine gets as far as a quick one.
    every: int
    #: How often a claimer comes too late, 0 to 1.
    late: float
    #: Seconds between two requests of a sender.
    pause: float
    #: Seconds in which all faults are to happen.
    patience: float
    #: Seconds that are left after that for all to be done, and then for it to be told to everybody.
    finishing: float = 600
    telling: float = 120


def inside(place: Installation, module: str, call: str) -> str:
    """What a function of ours prints last that is called within the installation."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.torture.{module} import *; {call}"
    process = place.start("shell", "--verbosity=0", "--no-imports", "-c", code)
    assert process.wait(600) == 0, process.output
    return process.output.splitlines()[-1]


class Scene:
    def __init__(self, ground: Ground, size: Size, seed: int) -> None:
        self.ground = ground
        self.place = place = ground.place
        self.size = size
        self.seed = seed
        self.home = place.data.parent
        for role in ("claimers", "senders"):
            (self.home / role).mkdir(parents=True)
        place.settings |= {
            "DJIRGO_MAX_ATTEMPTS": "1000",
            "DJIRGO_WEB_PROCESSES": "2",
            "DJIRGO_LOG_LEVEL": "warning",
            "DJIRGO_ACCESS_TOKEN_MINUTES": "600",
        }
        # Two programs in one name, so that nothing but the lease tells them apart.
        bots = (size.claimers + 1) // 2
        staged = inside(place, "stage", f"put_in({size.tasks}, {bots}, {size.senders})")
        self.tokens: dict[str, str] = json.loads(staged)
        self.started = 0
        self.still_to_come: list[tuple[float, Callable[[], None]]] = []
        self.web: Process = place.serve()
        self.workers: list[Process] = [place.work() for _ in range(size.workers)]
        self.consumer: Process = self.consume()
        self.claimers = [self.claimer(number) for number in range(size.claimers)]
        self.senders = [self.sender(number) for number in range(size.senders)]
        self.is_enough = False

    # --- Those who take part ------------------------------------------------------------------------------------------

    def consume(self) -> Process:
        return self.place.start("consume", "--json")

    def claimer(self, number: int) -> Program:
        return self._program("claimer", f"bot{number // 2}", number, self.size.late)

    def sender(self, number: int) -> Program:
        return self._program("sender", f"sender{number}", number, self.size.pause)

    def look_after(self) -> None:
        """What has ended by itself is started again, as `djirgo up` or a container's keeper would."""
        if not self.web.is_running:
            self.web = self.place.start("serve")
        if not self.consumer.is_running:
            self.consumer = self.consume()
        self.workers = [worker if worker.is_running else self.place.work() for worker in self.workers]
        self._replace_the_dead(self.claimers, self.claimer)
        if not self.is_enough:
            self._replace_the_dead(self.senders, self.sender)

    def _replace_the_dead(self, programs: list[Program], start: Callable[[int], Program]) -> None:
        for number, program in enumerate(programs):
            if program.poll() is not None:
                programs[number] = start(number)

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        self.still_to_come.append((time.monotonic() + seconds, what))

    def do_what_is_due(self) -> None:
        now = time.monotonic()
        due = [what for moment, what in self.still_to_come if moment <= now]
        self.still_to_come = [(moment, what) for moment, what in self.still_to_come if moment > now]
        for what in due:
            what()

    def stop_sending(self) -> None:
        self.is_enough = True
        for sender in self.senders:
            sender.terminate()

    def end_programs(self) -> None:
        for program in [*self.claimers, *self.senders]:
            program.kill()
            program.wait()

    # --- How far it has come ------------------------------------------------------------------------------------------

    def claims(self) -> int:
        return sum(journal.read_bytes().count(b'"claimed"') for journal in (self.home / "claimers").iterdir())

    def is_done(self) -> bool:
        is_quiet = all(sender.poll() is not None for sender in self.senders) and not self.still_to_come
        return is_quiet and not any(self._there_are(status) for status in ("New", "In_Progress", "Failed"))

    def heard(self) -> int:
        """Different messages that the consumers have printed."""
        return len({message["id"] for message in messages_in(self.home)})

    def _program(self, role: str, name: str, number: int, how: float) -> Program:
        self.started += 1
        journal = self.home / f"{role}s" / f"{name}-{number}-{self.started}.jsonl"
        words = [self.place.url, self.tokens[name], journal, f"{self.seed}-{self.started}", how]
        command = [sys.executable, "-m", f"tests.torture.{role}", *map(str, words)]
        return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)

    def _there_are(self, status: str) -> bool:
        headers = {"Authorization": f"Bearer {self.tokens['boss']}"}
        try:
            parameters = {"task_status": status, "page_size": "1"}
            answer = httpx.get(f"{self.place.url}/api/tasks/", params=parameters, headers=headers, timeout=10)
        except httpx.TransportError:
            return True
        assert answer.status_code == 200 or answer.status_code >= 500, answer.text
        return answer.status_code != 200 or bool(answer.json()["results"])
