"""What open boards cost: so many pages that listen, each of another person, and changes by somebody else.

    python -m bench.boards                            500 boards that all have a seat
    python -m bench.boards --seats default            as Djirgo is shipped: most of them ask every few seconds
    python -m bench.boards --boards 50 --seconds 10   a first impression

A board does what the page does (`static/live/stream.js`, `static/web/live.js`): it listens, or asks where it finds no
seat; of what it hears it asks for the cards, gathered, and the more seldom the longer the answer takes. The boards run
in this process and share the machine with the server, which is why both are told.
"""

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families
from tests.live import Installation, Process

from bench import cpu
from bench.listening import Heard, listening

PEOPLE = """
import json
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from djirgo.accounts.models import User
names = [f"p{{n}}" for n in range({number})]
User.objects.bulk_create(User(username=name, username_folded=name, password="!") for name in names)
keys = []
for user in User.objects.filter(username__in=names):
    session = SessionStore()
    session.update({{SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
                     HASH_SESSION_KEY: user.get_session_auth_hash()}})
    session.save()
    keys.append(session.session_key)
print("keys", json.dumps(keys))
"""
PASSWORD = "correct horse battery"  # noqa: S105
CPU_OF = ("web", "worker", "boards")


@dataclass
class Server:
    """A web and a worker, and whoever makes the changes."""

    place: Installation
    web: Process
    worker: Process
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.place.url, timeout=60)
        person = {"username": "mover", "password": PASSWORD}
        self.client.post("/api/auth/users/", json=person).raise_for_status()
        access = self.client.post("/api/auth/jwt/create/", json=person).json()["access"]
        self.client.headers["Authorization"] = f"Bearer {access}"

    def sessions(self, number: int) -> list[str]:
        done = self.place.run("shell", "-v0", "-c", PEOPLE.format(number=number))
        if done.returncode:
            raise SystemExit(done.stderr)
        return list(json.loads(done.stdout.rpartition("keys ")[2]))

    def change(self, number: int) -> int:
        answer = self.client.post("/api/tasks/", json={"text": f"Something that happens, number {number}"})
        answer.raise_for_status()
        return int(answer.json()["id"])

    def used(self) -> dict[str, float]:
        own = time.process_time()
        return {"web": cpu.seconds(self.web.pid), "worker": cpu.seconds(self.worker.pid), "boards": own}

    def of_the_web(self, name: str) -> int:
        """A number of /proc/*/status, of all processes of the web together."""
        pids = [self.web.pid, *self.web.descendants()]
        lines = [line for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
        return sum(int(line.split()[1]) for line in lines if line.startswith(name))

    def open_streams(self) -> int:
        families = text_string_to_metric_families(self.client.get("/metrics").text)
        return int(next(family.samples[0].value for family in families if family.name == "djirgo_live_streams"))


def main() -> None:
    said = _arguments()
    with tempfile.TemporaryDirectory(prefix="djirgo-boards-") as folder:
        place = Installation(Path(folder) / "data", said.database, settings=_settings(said, folder))
        try:
            place.migrate()
            measure(Server(place, place.serve(), place.work()), said)
        finally:
            place.clear()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.boards")
    parser.add_argument("--boards", type=int, default=500)
    parser.add_argument("--seats", choices=["all", "default"], default="all")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=30, help="how long each state is looked at")
    parser.add_argument("--rates", type=float, nargs="*", default=[1, 10], help="changes a second")
    parser.add_argument("--database", default="", help="the address of an empty PostgreSQL; SQLite if nothing is said")
    return parser.parse_args()


def _settings(said: argparse.Namespace, folder: str) -> dict[str, str]:
    settings = {
        "DJIRGO_WEB_PROCESSES": str(said.processes),
        "DJIRGO_LOG_LEVEL": "warning",
        "PROMETHEUS_MULTIPROC_DIR": folder,
    }
    if said.seats == "all":
        # The kernel deals connections out to the processes as chance will have it: a few seats more than are needed.
        seats = min(255, said.boards * 6 // 5 // said.processes + 5)
        settings |= {"DJIRGO_WEB_THREADS": str(min(512, 2 * seats + 2)), "DJIRGO_LIVE_STREAMS": str(seats)}
    return settings


def measure(server: Server, said: argparse.Namespace) -> None:
    keys = server.sessions(said.boards)
    server.change(0)
    print(f"nobody looks: {server.of_the_web('VmRSS') // 1024} MB, {server.of_the_web('Threads')} threads")
    heard = Heard()
    with listening(server.place.port, keys, heard):
        time.sleep(15)
        print(f"{said.boards} boards: {server.open_streams()} streams, {heard.polling} ask")
        for rate in (0.0, *said.rates):
            watch(server, heard, rate, said.seconds)


def watch(server: Server, heard: Heard, rate: float, seconds: int) -> None:
    """One state of things: what it uses, and how soon everybody knows."""
    heard.forget()
    before, began = server.used(), time.monotonic()
    refused = _move(server, heard, rate, seconds)
    lasted = time.monotonic() - began
    after = server.used()
    shares = ", ".join(f"{name} {100 * (after[name] - before[name]) / lasted:.0f} %" for name in CPU_OF)
    memory, threads = server.of_the_web("VmRSS") // 1024, server.of_the_web("Threads")
    print(f"{rate:g} changes/s: of a core {shares}; {memory} MB, {threads} threads; {server.open_streams()} streams")
    print(
        f"    told after {_quantiles(heard.told)}, shown after {_quantiles(heard.shown)}; {heard.asked} questions for"
    )
    print(f"    cards, {heard.polls} polls, {heard.failed} failed, {refused} changes refused", flush=True)


def _move(server: Server, heard: Heard, rate: float, seconds: int) -> int:
    """Changes by the clock, as long as the server keeps up with it."""
    began, refused, number = time.monotonic(), 0, 0
    while (now := time.monotonic() - began) < seconds:
        if not rate or number > now * rate:
            time.sleep(0.01)
            continue
        number += 1
        try:
            heard.happened[server.change(number)] = time.monotonic()
        except httpx.HTTPError:
            refused += 1
    return refused


def _quantiles(seconds: list[float]) -> str:
    if len(seconds) < 2:
        return "-"
    twentieths = statistics.quantiles(seconds, n=20)
    return f"{twentieths[9]:.2f} s (95 %: {twentieths[18]:.2f} s)"


if __name__ == "__main__":
    main()
