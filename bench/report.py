"""The figures as a page for people, with a plot."""

import os
from pathlib import Path
from typing import Any

NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
WIDTH, BAR, GAP, LEFT = 640, 14, 10, 110


def line(figures: dict[str, Any]) -> str:
    words = ("of_floor", "of_floor_cpu", "of_ordinary", "of_ordinary_cpu", "p50_ms", "p99_ms", "per_second", "spread")
    return "  ".join(f"{word} {figures[word]}" for word in words)


def write(results: dict[str, Any], *, into: Path | None) -> None:
    if into is None:
        return
    page = into.read_text()
    begin, end = "<!-- figures -->", "<!-- end of figures -->"
    head, _, rest = page.partition(begin)
    _, _, tail = rest.partition(end)
    drawing = into.with_suffix(".svg")
    drawing.write_text(plot(results))
    shown = f"![Djirgo's share of the floor, in CPU a request]({drawing.name})"
    into.write_text(f"{head}{begin}\n\n{said_of(results)}\n\n{shown}\n\n{tables(results)}\n{end}{tail}")


def said_of(results: dict[str, Any]) -> str:
    return (
        f"{results['tasks']:,} tasks, {results['users']:,} users, {len(os.sched_getaffinity(0))} cores; medians of"
        f" {results['rounds']} rounds of {results['seconds']:g} seconds each; {results['minutes']} minutes in all."
    )


def tables(results: dict[str, Any]) -> str:
    parts = [_table(NAMES[kind], results[kind]) for kind in NAMES if kind in results]
    if "growth" in results:
        parts.append(_growth(results["growth"]))
    return "\n".join(parts)


def _table(name: str, contests: dict[str, Any]) -> str:
    head = (
        f"**{name}**\n\n| | of the floor | … in CPU | of ordinary Django | … in CPU | requests a second"
        " (floor, ordinary) | CPU ms (floor, ordinary) | spread | p50 | p99 |\n"
    )
    return head + "|---" * 10 + "|\n" + "".join(_row(contest, figures) for contest, figures in contests.items())


def _row(contest: str, figures: dict[str, Any]) -> str:
    cells = [
        contest,
        f"{figures['of_floor']:.2f}",
        f"{figures['of_floor_cpu']:.2f}",
        f"{figures['of_ordinary']:.1f} ×",
        f"{figures['of_ordinary_cpu']:.1f} ×",
        _beside(figures["per_second"], ",.0f"),
        _beside(figures["cpu_ms"], ".2f"),
        f"{100 * figures['spread']['djirgo']:.0f} %",
        f"{figures['p50_ms']} ms",
        f"{figures['p99_ms']} ms",
    ]
    return f"| {' | '.join(cells)} |\n"


def _beside(figures: dict[str, float], form: str) -> str:
    return f"{figures['djirgo']:{form}} ({figures['floor']:{form}}, {figures['ordinary']:{form}})"


def _growth(growth: dict[int, Any]) -> str:
    """Of one client that asks alone: what a request takes, and as a multiple of what it takes with 1,000 tasks."""
    head = f"**Growth**, on PostgreSQL\n\n| | {' | '.join(f'{size:,} tasks' for size in growth)} |\n"
    head += "|---" * (len(growth) + 1) + "|\n"
    contests = next(iter(growth.values()))
    return head + "".join(
        f"| {contest} | {' | '.join(_grown(told[contest]) for told in growth.values())} |\n" for contest in contests
    )


def _grown(told: dict[str, float]) -> str:
    return f"{told['times']:.2f} × ({told['ms']} ms)"


def plot(results: dict[str, Any]) -> str:
    """Djirgo's share of the floor, a bar for each contest, in CPU a request."""
    bars = [
        (f"{contest}, {NAMES[kind]}", figures["of_floor_cpu"])
        for kind in NAMES if kind in results for contest, figures in results[kind].items()
    ]  # fmt: skip
    height = len(bars) * (BAR + GAP) + 40
    scale = (WIDTH - LEFT - 90) / max([1.0, *(value for _, value in bars)])
    drawn = [_bar(place, name, value, scale) for place, (name, value) in enumerate(bars)]
    title = '<text x="0" y="16" font-weight="bold">Share of the floor, in CPU a request (1 is a bare function)</text>'
    x = LEFT + 40 + round(scale)
    floor = f'<line x1="{x}" y1="26" x2="{x}" y2="{height - 8}" stroke="#889" stroke-dasharray="3 3"/>'
    style = "text { font: 12px system-ui, sans-serif; fill: #667 } rect { fill: #5b6ee1 }"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
        f"<title>Djirgo's share of the floor</title><style>{style}</style>{title}{floor}{''.join(drawn)}</svg>\n"
    )


def _bar(place: int, name: str, value: float, scale: float) -> str:
    y = 34 + place * (BAR + GAP)
    left, width = LEFT + 40, round(value * scale)
    return (
        f'<text x="0" y="{y + 11}">{name}</text>'
        f'<rect x="{left}" y="{y}" width="{width}" height="{BAR}" rx="3"/>'
        f'<text x="{left + width + 6}" y="{y + 11}">{value:.2f}</text>'
    )
