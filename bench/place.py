"""Where it all runs: a throw-away database, filled, and the three servers on it."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import PostgreSQL, eventually, free_port

from bench import cpu

ROOT = Path(__file__).parent.parent
NAMES = ("djirgo", "floor", "ordinary")


class Durable(PostgreSQL):
    """As an installation has it: what is committed is on the disk."""

    def command(self) -> list[str]:
        without_haste = [word for word in super().command() if word not in ("fsync=off", "full_page_writes=off")]
        words = [word for word, after in zip(without_haste, [*without_haste[1:], ""], strict=True)
                 if not (word == "-c" and after == "-c")]  # fmt: skip
        sized = {"shared_buffers": "1GB", "max_wal_size": "4GB", "maintenance_work_mem": "1GB"}
        # So that filling it writes no log.
        unlogged = {"wal_level": "minimal", "max_wal_senders": "0"}
        return [*words, *(word for name, value in (sized | unlogged).items() for word in ("-c", f"{name}={value}"))]


@dataclass
class Web:
    name: str
    port: int
    process: subprocess.Popen[bytes]
    database: subprocess.Popen[bytes] | None
    log_file: Path

    def log(self) -> str:
        return self.log_file.read_text()[-3000:]

    def cpu(self) -> float:
        """Of the server, and of the database, which works for nobody else while this one is asked."""
        return cpu.seconds(self.process.pid) + (cpu.seconds(self.database.pid) if self.database else 0.0)


@dataclass
class Place:
    """A filled database, and what to know about it to ask questions."""

    folder: Path
    kind: str
    tasks: int
    users: int
    webs: list[Web] = field(default_factory=list)
    server: PostgreSQL | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self.key = secrets.token_urlsafe(48)

    @property
    def environment(self) -> dict[str, str]:
        """Nothing is set but where things are: all else is as it is shipped."""
        ours = ("DJIRGO_", "DJANGO_", "PROMETHEUS_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return inherited | {
            "DJIRGO_DATA_DIR": str(self.folder / "data"),
            "DATABASE_URL": self.server.url() if self.server else "",
            "RABBITMQ_URL": "",
            "DJIRGO_SECRET_KEY": self.key,
            "PYTHONPATH": str(ROOT),
        }

    def fill(self) -> None:
        self._run("-m", "djirgo.cli.main", "migrate", "--verbosity", "0")
        self.grow(self.tasks)

    def grow(self, tasks: int) -> None:
        self.tasks = tasks
        self._run("-m", "bench.world", str(self.tasks), str(self.users), str(self.folder / "people.json"))

    def people(self) -> dict[str, list[str]]:
        known: dict[str, list[str]] = json.loads((self.folder / "people.json").read_text())
        return known

    def ask(self, sql: str) -> list[int]:
        """One column of whole numbers."""
        code = (
            "import django, json; django.setup()\n"
            "from django.db import connection\n"
            f"c = connection.cursor(); c.execute({sql!r}); print(json.dumps([row[0] for row in c.fetchall()]))"
        )
        environment = self.environment | {"DJANGO_SETTINGS_MODULE": "djirgo.config.settings"}
        said = subprocess.run(
            [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, check=True, text=True
        )
        found: list[int] = json.loads(said.stdout)
        return found

    def start(self, names: tuple[str, ...] = NAMES) -> None:
        for name in names:
            port = free_port()
            environment = self.environment | {"PORT": str(port)}
            log_file = self.folder / f"{name}.log"
            with open(log_file, "ab") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", "bench.serve", name], env=environment, cwd=ROOT, stdout=log, stderr=log
                )
            self.webs.append(Web(name, port, process, self.server.process if self.server else None, log_file))
        for web in self.webs:
            eventually(lambda port=web.port: _listens(port), f"{web.name} listens")  # type: ignore[misc]
        time.sleep(2)

    def stop(self) -> None:
        for web in self.webs:
            web.process.terminate()
        for web in self.webs:
            with suppress(subprocess.TimeoutExpired):
                web.process.wait(30)
            web.process.kill()
        self.webs.clear()

    def _run(self, *arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], env=self.environment, cwd=ROOT, check=True)


@contextmanager
def filled(kind: str, folder: Path, tasks: int, users: int) -> Iterator[Place]:
    place = Place(folder, kind, tasks, users)
    if kind == "postgresql":
        place.server = Durable(folder / "postgresql")
        place.server.start()
    try:
        place.fill()
        yield place
    finally:
        place.stop()
        if place.server:
            place.server.stop()


def _listens(port: int) -> bool:
    import socket

    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
