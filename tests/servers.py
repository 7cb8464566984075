"""The servers that the tests talk to: the ones given, else throw-away ones from the programs installed here.

A throw-away server lives in a folder of its own, on free ports of its own, and leaves nothing behind. The ones that a
whole run shares are started by whichever process needs them first and watched by a keeper, which stops them as soon as
the run is over, however it ended.

    python tests/servers.py postgresql|rabbitmq FOLDER PID [VHOST ...]      the keeper
"""

import base64
import fcntl
import hashlib
import json
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

PATIENCE = 120
#: Below those that systems give to connections.
PORTS = range(10_000, 32_768)


class Missing(Exception):
    """The program that the server would be started from is not installed."""


def free_port() -> int:
    """One of those that the system gives to nobody by itself.

    From among the others, a port whose server is down could become some connection's own, even that of a client which
    tries to reach the server: the server could not start again.
    """
    while True:
        port = secrets.choice(PORTS)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def eventually(check: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Ask until the answer is yes."""
    deadline = time.monotonic() + patience
    while not check():
        if time.monotonic() > deadline:
            raise AssertionError(f"Not within {patience} seconds: {what}")
        time.sleep(0.05)


class Server(ABC):
    """A server process that can be stopped and started again on what it has kept."""

    name: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def start(self) -> None:
        with open(self.folder / "output.log", "ab") as output:
            self.process = subprocess.Popen(
                self.command(),
                env=self.environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        eventually(self._has_started, f"{self.name} answers on port {self.port}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is None:
            return
        self._tell(how)
        try:
            self.process.wait(PATIENCE / 4)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def kill(self) -> None:
        """As when the power goes."""
        self.stop(signal.SIGKILL)

    def clear(self) -> None:
        """Leave nothing behind, neither what runs nor shared memory: it is not started again."""
        self.stop()

    def freeze(self) -> None:
        """It stands still, and its connections with it."""
        self._tell(signal.SIGSTOP)

    def thaw(self) -> None:
        self._tell(signal.SIGCONT)

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _tell(self, how: signal.Signals) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, how)

    def _has_started(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} did not start:\n{(self.folder / 'output.log').read_text()[-3000:]}")
        return self.answers()

    @abstractmethod
    def command(self) -> list[str]:
        """What starts it."""

    def environment(self) -> dict[str, str]:
        return os.environ.copy()

    @abstractmethod
    def answers(self) -> bool:
        """Whether it takes connections."""

    @abstractmethod
    def url(self) -> str:
        """Where it is reached."""


class PostgreSQL(Server):
    """A cluster without passwords and without fsync. It refuses to run as root, so root runs it as `postgres`."""

    name = "PostgreSQL"

    def __init__(self, folder: Path, settings: Mapping[str, object] = MappingProxyType({})) -> None:
        self.programs = self.find()
        self.settings = settings
        super().__init__(folder)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")

    @staticmethod
    def find() -> Path:
        """The folder with the newest `postgres`."""
        packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
        program = packaged[-1] if packaged else shutil.which("postgres")
        if not program:
            raise Missing("PostgreSQL is not installed (apt: postgresql), and TEST_DATABASE_URL is not set")
        return Path(program).resolve().parent

    def start(self) -> None:
        if not (self.folder / "cluster").exists():
            initdb = [self.programs / "initdb", "-D", self.folder / "cluster", "-U", "postgres", "-A", "trust"]
            options = ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
            subprocess.run(
                [*self._as_postgres(), *map(str, initdb), *options], check=True, capture_output=True, cwd="/"
            )
        super().start()

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",
            "full_page_writes": "off",
            "max_connections": 300,
            **self.settings,
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [*self._as_postgres(), str(self.programs / "postgres"), "-D", str(self.folder / "cluster"), *options]

    def answers(self) -> bool:
        ready = [str(self.programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, check=False).returncode == 0

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        super().stop(how)

    def stop_at_once(self) -> None:
        """As `pg_ctl stop -m immediate`: without a word to anybody, and to be recovered from."""
        self.stop(signal.SIGQUIT)

    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def _as_postgres(self) -> list[str]:
        if os.geteuid() != 0:
            return []
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]


class Epmd:
    """Erlang's book of who is where; nodes that share one know each other."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self.process is None:
            program = shutil.which("epmd") or str(next(Path("/usr/lib/erlang").glob("erts-*/bin/epmd")))
            environment = os.environ | {"ERL_EPMD_ADDRESS": "127.0.0.1"}
            self.process = subprocess.Popen(
                [program, "-port", str(self.port)], env=environment, stdin=subprocess.DEVNULL
            )

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class RabbitMQ(Server):
    """A node with its own name and data folder; one that `joins` another makes a cluster with it.

    It has its own cookie and epmd, or those of whom it joins, so that it never meets any other on this machine.
    """

    name = "RabbitMQ"
    user = password = "test"
    #: Virtual hosts. In the second a queue is kept by several nodes, unless it says what it wants to be.
    PLAIN, REPLICATED = "test", "replicated"

    def __init__(self, folder: Path, vhosts: tuple[str, ...] = (PLAIN,), joins: "RabbitMQ | None" = None) -> None:
        self.program = self.find()
        super().__init__(folder)
        self.vhosts = vhosts
        self.joins = joins
        self.epmd = joins.epmd if joins else Epmd()
        self.home: Path = joins.home if joins else folder
        self.dist_port = free_port()

    @classmethod
    def cluster(cls, folder: Path, size: int) -> "list[RabbitMQ]":
        """To be started in this order, for the first time."""
        vhosts = (cls.REPLICATED, cls.PLAIN) if size > 1 else (cls.PLAIN,)
        first = cls(folder / "1", vhosts)
        return [first, *(cls(folder / str(number), vhosts, joins=first) for number in range(2, size + 1))]

    @staticmethod
    def find() -> Path:
        """The package's own server script; the one in the path changes the user."""
        packaged = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"))
        program = packaged[-1] if packaged else shutil.which("rabbitmq-server")
        if not program:
            raise Missing("RabbitMQ is not installed (apt: rabbitmq-server), and TEST_RABBITMQ_URL is not set")
        return Path(program)

    def start(self) -> None:
        self._write_configuration()
        self.epmd.start()
        super().start()

    def clear(self) -> None:
        super().clear()
        if not self.joins:
            self.epmd.stop()

    def command(self) -> list[str]:
        return [str(self.program)]

    def environment(self) -> dict[str, str]:
        folder = self.folder
        return super().environment() | {
            "HOME": str(self.home),
            "ERL_EPMD_PORT": str(self.epmd.port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.dist_port),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        }

    def answers(self) -> bool:
        """Whether it greets us: a client that speaks out of turn is told the protocol's version."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(b"HELO\x00\x00\x00\x00")
            return connection.recv(4) == b"AMQP"
        return False

    def url(self, vhost: str = "") -> str:
        return f"amqp://{self.user}:{self.password}@127.0.0.1:{self.port}/{vhost or self.vhosts[0]}"

    @property
    def node(self) -> str:
        return f"test{self.port}@localhost"

    def _write_configuration(self) -> None:
        salt = b"salt"
        digest = hashlib.sha256(salt + self.password.encode()).digest()
        rights = {"user": self.user, "configure": ".*", "write": ".*", "read": ".*"}
        definitions = {
            "users": [
                {
                    "name": self.user,
                    "password_hash": base64.b64encode(salt + digest).decode(),
                    "hashing_algorithm": "rabbit_password_hashing_sha256",
                    "tags": "administrator",
                }
            ],
            "vhosts": [
                {"name": vhost, "metadata": {"default_queue_type": "quorum"} if vhost == self.REPLICATED else {}}
                for vhost in self.vhosts
            ],
            "permissions": [rights | {"vhost": vhost} for vhost in self.vhosts],
        }
        (self.folder / "definitions.json").write_text(json.dumps(definitions))
        (self.folder / "enabled_plugins").write_text("[].\n")
        (self.folder / "rabbitmq.conf").write_text(
            f"load_definitions = {self.folder / 'definitions.json'}\n"
            "disk_free_limit.absolute = 10MB\nlog.console = false\n" + self._whom_to_join()
        )

    def _whom_to_join(self) -> str:
        if not self.joins:
            return ""
        discovery = "cluster_formation.peer_discovery_backend = classic_config"
        return f"{discovery}\ncluster_formation.classic_config.nodes.1 = {self.joins.node}\n"


def shared(server: type[Server], run: Path, *arguments: str) -> str:
    """The address of the server that the whole run uses, started by the first who asks."""
    server.find()  # type: ignore[attr-defined]
    address = run / f"{server.name}.url"
    with locked(run / f"{server.name}.lock"):
        if not address.exists():
            keeper = [sys.executable, __file__, server.name, str(run), (run / "pid").read_text(), *arguments]
            with open(run / f"{server.name}.log", "wb") as log:
                # In a session of its own, so that it outlives whatever ends the run, and clears up after it.
                process = subprocess.Popen(
                    keeper, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )

            def is_up() -> bool:
                if process.poll() is not None:
                    raise AssertionError(f"{server.name} did not start:\n{(run / f'{server.name}.log').read_text()}")
                return address.exists()

            eventually(is_up, f"{server.name} starts", PATIENCE * 1.5)
    return address.read_text()


def keep(name: str, run: Path, watched: int, *arguments: str) -> None:
    """Start the server, say its address, and stop it when the watched process is gone or asks for it."""
    vhosts = {"vhosts": arguments} if arguments else {}
    server = {kind.name: kind for kind in (PostgreSQL, RabbitMQ)}[name](run / name, **vhosts)  # type: ignore[call-arg]
    life = os.pidfd_open(watched)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        server.start()
        draft = run / f"{name}.draft"
        draft.write_text(server.url())
        draft.rename(run / f"{name}.url")
        while run.exists():
            if select.select([life], [], [], 0.5)[0]:
                break
    finally:
        server.clear()
        shutil.rmtree(run, ignore_errors=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    keep(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
