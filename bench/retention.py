"""What it costs to let go of what is old, while others work; on PostgreSQL, which is what grows so large.

    python -m bench.retention                                     10 million events, 400,000 finished tasks
    python -m bench.retention --events 500000 --tasks 20000       a first impression

Half of it is older than the year that is kept. Somebody puts tasks in all the while, one after the other: with nothing
pruned, beside the job of the worker, and beside `djirgo prune`, in turn. Then the rest goes at one stretch.
"""

import argparse
import itertools
import json
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
from tests.live import Installation

from bench import age
from bench.load import request, send, until
from bench.place import ROOT, Durable

PASSWORD = "correct horse battery"  # noqa: S105
QUIET = {"DJIRGO_KEEP_EVENTS_DAYS": "0"}
SIZES = "SELECT pg_table_size(%s), pg_indexes_size(%s)"
DONE = "SELECT n_tup_del FROM pg_stat_user_tables WHERE relname = %s"
AGAIN = """
    INSERT INTO events_event (uuid, sequence, type, subject, scope, time, data)
    SELECT gen_random_uuid(), last + number, type, 'tasks/' || (last + number) / %s, scope, clock_timestamp(), data
    FROM generate_series(1, %s) AS number, (SELECT max(sequence) AS last FROM events_event) AS place,
        (SELECT type, scope, data FROM events_event ORDER BY id DESC LIMIT 1) AS model
"""


@dataclass
class Told:
    """What those who put tasks in have noticed, and what went meanwhile."""

    latencies: list[float] = field(default_factory=list)
    rows: int = 0
    seconds: float = 0.0

    def quantile(self, share: float) -> float:
        """In milliseconds."""
        return 1000 * sorted(self.latencies)[int(len(self.latencies) * share)]


@dataclass
class Bench:
    place: Installation
    database: psycopg.Connection[Any]
    folder: Path
    token: str = ""

    def let_in(self) -> None:
        person = {"username": "putter", "password": PASSWORD}
        with httpx.Client(base_url=self.place.url, timeout=60) as client:
            client.post("/api/auth/users/", json=person).raise_for_status()
            self.token = client.post("/api/auth/jwt/create/", json=person).json()["access"]
        self.put_in(0.5)

    def put_in(self, seconds: float) -> list[float]:
        """One task after the other."""
        body = json.dumps({"text": "Mend the roof", "labels": ["house", "north"], "priority": "high"}).encode()
        requests = itertools.repeat(request("POST", "/api/tasks/", self.token, body))
        answers = send(self.place.port, until(time.perf_counter() + seconds, requests), 1, frozenset({201}))
        if answers.wrong:
            raise SystemExit(f"Tasks were answered with {answers.wrong}.")
        return answers.latencies

    def number(self, statement: str, *said: Any) -> int:
        (found,) = self.database.execute(statement, said).fetchone() or (0,)  # type: ignore[call-overload]
        return int(found or 0)

    def size(self, table: str) -> tuple[int, int]:
        rows, indexes = self.database.execute(SIZES, [table, table]).fetchone() or (0, 0)
        return int(rows) >> 20, int(indexes) >> 20

    @contextmanager
    def beside(self, which: str) -> Iterator[None]:
        """A worker that prunes, or one that does not, or `djirgo prune` beside that."""
        worker = self.place.work(**({} if which == "the job" else QUIET))
        while not worker.has_said("working: "):
            time.sleep(0.1)
        pruning = self.place.start("prune") if which == "djirgo prune" else None
        time.sleep(3)  # until all have begun
        try:
            yield
        finally:
            for process in filter(None, (pruning, worker)):
                if process.is_running:
                    process.terminate()

    def prune(self, kind: str, **settings: str) -> dict[str, Any]:
        """The rest of it, with nobody beside."""
        into = self.folder / f"{kind}.json"
        code = f"from bench.pruning import prune; prune({kind!r}, {str(into)!r})"
        process = self.place.start("shell", "-v0", "-c", code, **settings)
        if process.wait(7200):
            raise SystemExit(process.output)
        told: dict[str, Any] = json.loads(into.read_text())
        return told


def main() -> None:
    said = _arguments()
    with tempfile.TemporaryDirectory(prefix="djirgo-retention-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as somebody else
        server = Durable(Path(folder) / "postgresql")
        server.start()
        place = Installation(Path(folder) / "data", server.url(), settings={"PYTHONPATH": str(ROOT)})
        try:
            place.migrate()
            with psycopg.connect(server.url(), autocommit=True) as database:
                measure(Bench(place, database, Path(folder)), said)
        finally:
            place.clear()
            server.stop()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.retention")
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--tasks", type=int, default=400_000, help="that are finished")
    parser.add_argument("--intervals", type=int, default=5, help="of each of them")
    parser.add_argument("--seconds", type=float, default=10, help="that tasks are put in at a stretch")
    parser.add_argument("--rounds", type=int, default=4)
    return parser.parse_args()


def measure(bench: Bench, said: argparse.Namespace) -> None:
    bench.place.serve(DJIRGO_RATE_LIMIT="0")
    bench.let_in()
    if said.events:
        age.leave_events(bench.database, said.events)
        events(bench, said)
    if said.tasks:
        age.leave_tasks(bench.database, said.tasks, said.intervals)
        tasks(bench, said)


def events(bench: Bench, said: argparse.Namespace) -> None:
    _tell_size("before", bench, "events_event")
    _tell_others(_others(bench, said, "events_event"))
    _tell_run("events", bench.prune("events"))
    _tell_size("after", bench, "events_event")
    began = time.monotonic()
    while not _vacuumed(bench, "events_event"):
        time.sleep(5)
    _tell_size(f"vacuumed, {time.monotonic() - began:.0f} s later", bench, "events_event")
    again = said.events // 4
    bench.database.execute(AGAIN, [age.EVENTS_OF_A_TASK, again])
    _tell_size(f"with {again:,} new ones", bench, "events_event")


def tasks(bench: Bench, said: argparse.Namespace) -> None:
    _tell_size("before", bench, "tasks_workinterval")
    bench.place.settings["DJIRGO_KEEP_FINISHED_TASKS_DAYS"] = "365"
    QUIET["DJIRGO_KEEP_FINISHED_TASKS_DAYS"] = "0"
    _tell_others(_others(bench, said, "tasks_task"))
    _tell_run("finished_tasks", bench.prune("finished_tasks"))
    _tell_size("after", bench, "tasks_workinterval")


def _others(bench: Bench, said: argparse.Namespace, table: str) -> dict[str, Told]:
    told: dict[str, Told] = defaultdict(Told)
    states = ["nothing", "the job", "djirgo prune"]
    for number in range(said.rounds):
        for which in states[number % 3 :] + states[: number % 3]:
            with bench.beside(which):
                before, began = bench.number(DONE, table), time.monotonic()
                told[which].latencies += bench.put_in(said.seconds)
                time.sleep(1.5)  # until the counters are written
                told[which].rows += bench.number(DONE, table) - before
                told[which].seconds += time.monotonic() - began
    return told


def _vacuumed(bench: Bench, table: str) -> bool:
    """Nothing that is dead is left to be swept out, and nobody is sweeping."""
    dead = "SELECT n_dead_tup > 0.2 * n_live_tup FROM pg_stat_user_tables WHERE relname = %s"
    return not bench.number(dead, table) and not bench.number("SELECT count(*) FROM pg_stat_progress_vacuum")


def _tell_others(told: dict[str, Told]) -> None:
    alone = told["nothing"]
    for which, those in told.items():
        p50, p99 = those.quantile(0.5), those.quantile(0.99)
        print(
            f"beside {which}: {p50:.1f} ms ({p50 / alone.quantile(0.5):.2f} ×), 99 % {p99:.1f} ms"
            f" ({p99 / alone.quantile(0.99):.2f} ×), {len(those.latencies)} created;"
            f" {those.rows / those.seconds:,.0f} rows a second went",
            flush=True,
        )


def _tell_run(kind: str, told: dict[str, Any]) -> None:
    print(f"{kind}: {told['rows']:,} in {told['seconds']:.0f} s, {told['rows'] / told['seconds']:,.0f} a second")
    for name, seconds in (("what reads", told["reads"]), ("a look from the oldest on", told["looks"][:-1])):
        print(f"    {name}: {_over_time(seconds)}", flush=True)


def _over_time(seconds: list[float]) -> str:
    """At the beginning, in the middle and at the end; and the longest."""
    if not seconds:
        return "too few"
    part = max(len(seconds) // 20, 1)
    middle = len(seconds) // 2
    parts = (seconds[:part], seconds[middle : middle + part], seconds[-part:])
    medians = ", ".join(f"{1000 * statistics.median(each):.1f}" for each in parts)
    return f"{medians} ms at the beginning, in the middle and at the end; {1000 * max(seconds):.0f} ms at most"


def _tell_size(when: str, bench: Bench, table: str) -> None:
    rows, indexes = bench.size(table)
    print(f"{table} {when}: {rows:,} MB and {indexes:,} MB of indexes", flush=True)


if __name__ == "__main__":
    main()
