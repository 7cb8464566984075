"""How the cost of a request grows with the number of tasks, on PostgreSQL, asked by one client at a time."""

import itertools
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from bench.contests import CONTESTS, Questions
from bench.load import send
from bench.place import filled

NUMBER = 300
#: Their cost is their own work, whatever lies in the tables.
LEFT_OUT = {"login", "bulk"}


def measure(sizes: list[int]) -> dict[str, Any]:
    """For each contest, how much a request costs at the largest size, as a multiple of the smallest."""
    costs: dict[int, dict[str, float]] = {}
    folder = Path(tempfile.mkdtemp(prefix="djirgo-growth-"))
    try:
        for size in sorted(sizes):
            costs[size] = _at(size, folder)
            print(f"{size:>9} tasks", {name: f"{1000 * cost:.2f} ms" for name, cost in costs[size].items()}, flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    first, last = costs[min(sizes)], costs[max(sizes)]
    ratios = {name: round(last[name] / first[name], 2) for name in first}
    return ratios | {
        "ms": {str(size): {n: round(1000 * c, 3) for n, c in cost.items()} for size, cost in costs.items()}
    }


def _at(size: int, folder: Path) -> dict[str, float]:
    with filled("postgresql", folder / str(size), size, 1_000) as place:
        place.start(("djirgo",))
        questions = Questions(place)
        costs = {}
        for contest in CONTESTS:
            if contest.name in LEFT_OUT:
                continue
            number = min(NUMBER, size // 10)
            requests = contest.requests(questions)
            send(place.webs[0].port, itertools.islice(requests, number // 3), 1, contest.expected)
            answers = send(place.webs[0].port, itertools.islice(requests, number), 1, contest.expected)
            costs[contest.name] = statistics.median(answers.latencies)
        return costs
