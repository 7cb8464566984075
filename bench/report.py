"""The figures as a page for people, with a plot."""

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
    into.write_text(f"{head}{begin}\n\n{tables(results)}\n{end}{tail}")
    (into.parent / "performance.svg").write_text(plot(results))


def tables(results: dict[str, Any]) -> str:
    parts = [_table(NAMES[kind], results[kind]) for kind in NAMES if kind in results]
    if "growth" in results:
        parts.append(_growth(results["growth"]))
    return "\n".join(parts)


def _table(name: str, contests: dict[str, Any]) -> str:
    head = (
        f"**{name}**\n\n| | of the floor | … in CPU | of ordinary Django | … in CPU | requests a second | p50 | p99 |\n"
        "|---|---|---|---|---|---|---|---|\n"
    )
    rows = (
        f"| {contest} | {f['of_floor']:.2f} | {f['of_floor_cpu']:.2f} | {f['of_ordinary']:.1f} × |"
        f" {f['of_ordinary_cpu']:.1f} × | {f['per_second']['djirgo']:,.0f} | {f['p50_ms']} ms | {f['p99_ms']} ms |\n"
        for contest, f in contests.items()
    )
    return head + "".join(rows)


def _growth(growth: dict[str, Any]) -> str:
    costs = growth["ms"]
    titles = " | ".join(f"{int(size):,} tasks" for size in costs)
    head = f"**Growth**\n\n| | {titles} | last to first |\n" + "|---" * (len(costs) + 2) + "|\n"
    names = [name for name in growth if name != "ms"]
    return head + "".join(_grown(name, [costs[size][name] for size in costs], growth[name]) for name in names)


def _grown(name: str, costs: list[float], ratio: float) -> str:
    return f"| {name} | {' | '.join(f'{cost} ms' for cost in costs)} | {ratio} × |\n"


def plot(results: dict[str, Any]) -> str:
    """Djirgo's share of the floor, a bar for each contest, in CPU a request."""
    bars = [
        (f"{contest}, {NAMES[kind]}", figures["of_floor_cpu"])
        for kind in NAMES if kind in results for contest, figures in results[kind].items()
    ]  # fmt: skip
    height = len(bars) * (BAR + GAP) + 40
    scale = (WIDTH - LEFT - 80) / max(1.0, *(value for _, value in bars))
    drawn = [_bar(place, name, value, scale) for place, (name, value) in enumerate(bars)]
    title = '<text x="0" y="16" font-weight="bold">Share of the floor, in CPU a request (1 is a bare function)</text>'
    style = "text { font: 12px system-ui, sans-serif; fill: #667 } rect { fill: #5b6ee1 }"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
        f"<style>{style}</style>{title}{''.join(drawn)}</svg>\n"
    )


def _bar(place: int, name: str, value: float, scale: float) -> str:
    y = 34 + place * (BAR + GAP)
    left, width = LEFT + 40, round(value * scale)
    return (
        f'<text x="0" y="{y + 11}">{name}</text>'
        f'<rect x="{left}" y="{y}" width="{width}" height="{BAR}" rx="3"/>'
        f'<text x="{left + width + 6}" y="{y + 11}">{value:.2f}</text>'
    )
