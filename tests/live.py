"""Djirgo's processes as an installation runs them: started, waited for, killed."""

import os
import re
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg

from tests.servers import eventually, free_port, locked

SQLITE = "djirgo.sqlite3"
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


def server_under_test() -> str:
    """The address of the database server of the run; none on SQLite."""
    return os.environ.get("DATABASE_URL", "")


@contextmanager
def installed(data: Path, server: str | None = None, **settings: str) -> Iterator[Installation]:
    """An installation that has its tables already, as an earlier start has left it; nobody is in it.

    Its database is on the server under test, or on the one that is named.
    """
    server = server_under_test() if server is None else server
    template = _made(_template(server), server)
    with fresh_database(server, template.database_url) as url:
        place = Installation(data, url, settings=settings)
        if not url:
            data.mkdir(0o700, parents=True)
            shutil.copy(template.data / SQLITE, data / SQLITE)
        yield place
        place.clear()


@contextmanager
def fresh_database(server: str, template: str = "") -> Iterator[str]:
    """The address of a database on a server, an empty one or like another.

    On SQLite there is none: it is a file in the data folder.
    """
    if not server:
        yield ""
        return
    name = f"djirgo_{uuid.uuid4().hex[:12]}"
    _command(server, f'CREATE DATABASE "{name}" TEMPLATE "{_name(template) or "template1"}"')
    yield _beside(server, name)
    _command(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _template(server: str) -> Installation:
    """What all tests of a run copy that are on one server."""
    run = Path(os.environ["DJIRGO_TEST_RUN"])
    if not server:
        return Installation(run / "template")
    name = f"djirgo_{run.name[-8:]}_template"
    return Installation(run / f"template-{urlsplit(server).port}", _beside(server, name))


def _made(template: Installation, server: str) -> Installation:
    """By the first who asks, for it takes as long as three starts."""
    with locked(_says_that_it_is_made(template).with_suffix(".lock")):
        if not _says_that_it_is_made(template).exists():
            if server:
                _command(server, f'CREATE DATABASE "{_name(template.database_url)}"')
            template.migrate()
            _says_that_it_is_made(template).touch()
    return template


def forget_template() -> None:
    """A server that was given to the tests keeps nothing of them."""
    server = server_under_test()
    template = _template(server)
    if server and _says_that_it_is_made(template).exists():
        _command(server, f'DROP DATABASE "{_name(template.database_url)}" WITH (FORCE)')


def _says_that_it_is_made(template: Installation) -> Path:
    return template.data.with_suffix(".is-made")


def _command(server: str, sql: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql)


def _beside(server: str, name: str) -> str:
    return f"{server.rpartition('/')[0]}/{name}"


def _name(url: str) -> str:
    return url.rpartition("/")[2]
