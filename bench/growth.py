"""How the cost of a request grows with the number of tasks, on PostgreSQL, asked by one client at a time.

A small database stays as it is while a large one grows beside it. Both are asked in turn, so that a machine that is
slower for a while is so for both.
"""

import itertools
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.contests import CONTESTS, Contest, Questions
from bench.load import send
from bench.place import Place, filled

TURNS = 5
#: Requests of each kind in one turn; of all others, so many.
NUMBERS = {"bulk": 2, "login": 4}
NUMBER = 20
USERS = 1_000


def measure(sizes: list[int]) -> dict[int, dict[str, dict[str, float]]]:
    """At each size but the smallest, what a request costs in milliseconds, and as a multiple of the smallest."""
    smallest, *larger = sorted(sizes)
    folder = Path(tempfile.mkdtemp(prefix="djirgo-growth-"))
    folder.chmod(0o755)  # PostgreSQL runs as somebody else
    try:
        with _served(folder / "small", smallest) as small, _served(folder / "large", smallest) as large:
            return {size: _grown(small, large, size) for size in larger}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _served(folder: Path, size: int) -> Any:
    return filled("postgresql", folder, size, USERS)


def _grown(small: Place, large: Place, size: int) -> dict[str, dict[str, float]]:
    large.grow(size)
    found = {}
    try:
        for place in (small, large):
            place.start(("djirgo",))
        asking = [(place, Questions(place)) for place in (small, large)]
        for contest in CONTESTS:
            before, after = (statistics.median(latencies) for latencies in _asked(contest, asking))
            found[contest.name] = {"ms": round(1000 * after, 3), "times": round(after / before, 2)}
    finally:
        for place in (small, large):
            place.stop()
    print(f"{size:>9} tasks", {name: f"{told['ms']} ms, {told['times']} ×" for name, told in found.items()}, flush=True)
    return found


def _asked(contest: Contest, asking: list[tuple[Place, Questions]]) -> list[list[float]]:
    """The latencies of each place. The first turn is for warming up."""
    number = NUMBERS.get(contest.name, NUMBER)
    streams: list[tuple[Place, Iterator[bytes], list[float]]] = [
        (place, contest.requests(questions), []) for place, questions in asking
    ]
    for turn in range(TURNS + 1):
        for place, requests, latencies in streams:
            answers = send(place.webs[0].port, itertools.islice(requests, number), 1, contest.expected)
            if answers.wrong or not answers.latencies:
                raise SystemExit(f"{contest.name} was answered with {answers.wrong} at {place.tasks} tasks.")
            if turn:
                latencies += answers.latencies
    return [latencies for *_, latencies in streams]
