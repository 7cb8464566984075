"""Djirgo's processes as an installation runs them: started, waited for, killed."""

import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg

from tests.servers import eventually, free_port

DJIRGO = Path(sys.executable).with_name("djirgo")
#: What an installation must not inherit from the tests' own process.
OURS = re.compile(
    r"DJANGO_|DJIRGO_|PROMETHEUS_|TEST_|PYTEST_|DATABASE_URL$|RABBITMQ_URL$|PORT$|PYTHONDONTWRITEBYTECODE$"
)


class Process:
    """One run of `djirgo`; its output is in a file, so that it never waits for a reader."""

    def __init__(self, arguments: tuple[str, ...], environment: dict[str, str], log: Path, cwd: Path) -> None:
        self.log = log
        self.name = "djirgo " + " ".join(arguments)
        with open(log, "wb") as output:
            self.popen = subprocess.Popen(
                [str(DJIRGO), *arguments],
                env=environment,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def is_running(self) -> bool:
        return self.popen.poll() is None

    def descendants(self) -> list[int]:
        """The ids of its children and theirs."""
        found, queue = [], [self.pid]
        while queue:
            parent = queue.pop()
            for task in Path(f"/proc/{parent}/task").glob("*/children"):
                with suppress(OSError):
                    children = [int(pid) for pid in task.read_text().split()]
                    found += children
                    queue += children
        return found

    def terminate(self) -> int:
        """Ask it to stop, and wait until it has."""
        return self.end(signal.SIGTERM)

    def kill(self) -> int:
        """As when the power goes: it learns nothing. What it started is left to notice for itself."""
        return self.end(signal.SIGKILL)

    def end(self, how: signal.Signals) -> int:
        self.popen.send_signal(how)
        return self.wait()

    def wait(self, seconds: float = 60) -> int:
        return self.popen.wait(seconds)

    def has_said(self, words: str) -> bool:
        if not self.is_running and words not in self.output:
            raise AssertionError(f"{self.name} ended without saying {words!r}:\n{self.output[-4000:]}")
        return words in self.output


@dataclass
class Installation:
    """A data folder, a port, a database, and the processes that run on them."""

    data: Path
    database_url: str = ""
    port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not OURS.match(name)}
        own = {"DJIRGO_DATA_DIR": str(self.data), "PORT": str(self.port), "DJIRGO_WEB_PROCESSES": "1"}
        database = {"DATABASE_URL": self.database_url} if self.database_url else {}
        return inherited | own | database | self.settings

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """A command that ends by itself, and what it said."""
        return subprocess.run(
            [str(DJIRGO), *arguments],
            env=self.environment | settings,
            cwd=self._home(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )

    def start(self, *arguments: str, **settings: str) -> Process:
        home = self._home()
        log = home / f"{len(self.processes)}-{arguments[0]}.log"
        process = Process(arguments, self.environment | settings, log, home)
        self.processes.append(process)
        return process

    def migrate(self) -> None:
        done = self.run("migrate", "--verbosity", "0")
        assert done.returncode == 0, done.stderr

    def serve(self, **settings: str) -> Process:
        return self._until_alive(self.start("serve", **settings))

    def work(self, **settings: str) -> Process:
        return self.start("work", **settings)

    def up(self, **settings: str) -> Process:
        return self._until_alive(self.start("up", **settings))

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def clear(self) -> None:
        """Nothing of it stays behind."""
        for process in self.processes:
            left = [process.pid, *process.descendants()] if process.is_running else []
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()

    def _home(self) -> Path:
        self.data.parent.mkdir(parents=True, exist_ok=True)
        return self.data.parent

    def _until_alive(self, process: Process) -> Process:
        def is_alive() -> bool:
            if not process.is_running:
                raise AssertionError(f"{process.name} ended:\n{process.output[-4000:]}")
            return self.answers()

        eventually(is_alive, f"{process.name} answers on {self.url}", patience=60)
        return process


@contextmanager
def fresh_database() -> Iterator[str]:
    """The address of an empty database of the kind under test; on SQLite the data folder's own, which has none."""
    server = os.environ.get("DATABASE_URL", "")
    if not server:
        yield ""
        return
    name = f"djirgo_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield server.rpartition("/")[0] + "/" + name
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
