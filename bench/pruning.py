"""Prunes one kind, as `djirgo prune` does it, and writes down how long each batch was looked for and deleted.

    djirgo shell -c "from bench.pruning import prune; prune('events', 'times.json')"

A turn of the job looks for its first batch from the oldest row on: so now and then this is asked as well.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: Batches between two looks from the oldest row on.
LOOK_EVERY = 50


class Times:
    """Of every statement: when it was asked, what it was, and how long it took."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, str, float]] = []

    def __call__(self, execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, parameters, many, context)
        finally:
            self.asked.append((began, sql.partition(" ")[0], time.perf_counter() - began))


def prune(name: str, into: str) -> None:
    from django.db import connection
    from django.utils import timezone

    from djirgo.ops import retention

    kind = next(kind for kind in retention.KINDS if kind.name == name)
    now, times, looks, gone, batches = timezone.now(), Times(), [], 0, 0
    began = time.perf_counter()
    with connection.execute_wrapper(times):
        for rows in retention._batches(kind, at=now, seconds=float("inf")):
            gone, batches = gone + rows, batches + 1
            if batches % LOOK_EVERY == 1:
                looks.append(_look(kind.old(now)))
    said = {"rows": gone, "seconds": time.perf_counter() - began, "looks": looks, "asked": times.asked}
    Path(into).write_text(json.dumps(said))


def _look(old: Any) -> float:
    began = time.perf_counter()
    list(old.values_list("pk", flat=True)[:1000])
    return time.perf_counter() - began
