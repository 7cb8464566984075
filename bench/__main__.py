"""The run: rounds, medians, ratios, and what becomes of them."""

import argparse
import itertools
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import growth, report
from bench.contests import CONTESTS, Contest, Questions
from bench.load import Answers, send, until
from bench.place import NAMES, Place, Web, filled

BUILD = Path(__file__).parent.parent / "build"
#: What everybody may rely on in build/bench.json.
KEPT = ("of_floor", "of_ordinary", "of_floor_cpu", "of_ordinary_cpu", "p50_ms", "p99_ms")


def main() -> None:
    said = _arguments()
    began = time.monotonic()
    results: dict[str, Any] = {"tasks": said.tasks, "users": said.users, "rounds": said.rounds, "seconds": said.seconds}
    for kind in said.database:
        results[kind] = _contest_all(kind, said)
    if len(said.growth) > 1:
        results["growth"] = growth.measure([int(size) for size in said.growth])
    results["minutes"] = round((time.monotonic() - began) / 60, 1)
    BUILD.mkdir(exist_ok=True)
    (BUILD / "bench.json").write_text(json.dumps(_kept(results), indent=2) + "\n")
    report.write(results, into=said.report)
    print(f"{results['minutes']} minutes; the figures are in {BUILD / 'bench.json'}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--database", nargs="*", default=["postgresql", "sqlite"])
    parser.add_argument("--tasks", type=int, default=200_000)
    parser.add_argument("--users", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="that a round lasts at most, for each of the three")
    parser.add_argument("--only", nargs="*", help="the names of some contests")
    parser.add_argument("--growth", nargs="*", default=[1_000, 100_000, 5_000_000], help="sizes; none leaves it out")
    parser.add_argument("--report", type=Path, help="a page of Markdown to write, with a plot beside it")
    return parser.parse_args()


def _contest_all(kind: str, said: argparse.Namespace) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="djirgo-bench-"))
    try:
        with filled(kind, folder, said.tasks, said.users) as place:
            place.start()
            questions = Questions(place)
            chosen = [contest for contest in CONTESTS if not said.only or contest.name in said.only]
            return {contest.name: _contest(contest, place, questions, said) for contest in chosen}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _contest(contest: Contest, place: Place, questions: Questions, said: argparse.Namespace) -> dict[str, Any]:
    requests = contest.requests(questions)
    for web in place.webs:  # warm
        _ask(web, contest, requests, said.seconds / 2)
    asked: dict[str, list[tuple[Answers, float]]] = {name: [] for name in NAMES}
    for number in range(said.rounds):
        for web in _in_turn(place.webs, number):
            before = web.cpu()
            answers = _ask(web, contest, requests, said.seconds)
            asked[web.name].append((answers, (web.cpu() - before) / len(answers.latencies)))
    figures = _figures(asked)
    print(f"{place.kind:10} {contest.name:8} {report.line(figures)}", flush=True)
    return figures


def _ask(web: Web, contest: Contest, requests: Iterator[bytes], seconds: float) -> Answers:
    asked = itertools.islice(until(time.perf_counter() + seconds, requests), contest.number)
    answers = send(web.port, asked, contest.connections, contest.expected)
    if not answers.latencies:
        raise SystemExit(f"There are too few tasks to ask for {contest.name}.")
    if answers.wrong:
        raise SystemExit(f"{web.name} answered {contest.name} with {answers.wrong}; its log said:\n{web.log()}")
    return answers


def _in_turn(webs: list[Web], number: int) -> list[Web]:
    """Each goes first as often as the others."""
    start = number % len(webs)
    return webs[start:] + webs[:start]


def _figures(asked: dict[str, list[tuple[Answers, float]]]) -> dict[str, Any]:
    per_second = {name: statistics.median(a.per_second for a, _ in runs) for name, runs in asked.items()}
    cpu = {name: statistics.median(cost for _, cost in runs) for name, runs in asked.items()}
    spread = {
        name: (max(a.per_second for a, _ in runs) - min(a.per_second for a, _ in runs)) / per_second[name]
        for name, runs in asked.items()
    }
    latencies = sorted(latency for answers, _ in asked["djirgo"] for latency in answers.latencies)
    return {
        "of_floor": round(per_second["djirgo"] / per_second["floor"], 3),
        "of_ordinary": round(per_second["djirgo"] / per_second["ordinary"], 2),
        "of_floor_cpu": round(cpu["floor"] / cpu["djirgo"], 3),
        "of_ordinary_cpu": round(cpu["ordinary"] / cpu["djirgo"], 2),
        "p50_ms": round(1000 * latencies[len(latencies) // 2], 2),
        "p99_ms": round(1000 * latencies[int(len(latencies) * 0.99)], 2),
        "per_second": {name: round(value, 1) for name, value in per_second.items()},
        "cpu_ms": {name: round(1000 * value, 3) for name, value in cpu.items()},
        "spread": {name: round(value, 2) for name, value in spread.items()},
    }


def _kept(results: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {
        kind: {contest: {name: figures[name] for name in KEPT} for contest, figures in results[kind].items()}
        for kind in ("postgresql", "sqlite") if kind in results
    }  # fmt: skip
    if "growth" in results:
        largest = results["growth"][max(results["growth"])]
        kept["growth"] = {contest: told["times"] for contest, told in largest.items()}
    return kept


if __name__ == "__main__":
    main()
