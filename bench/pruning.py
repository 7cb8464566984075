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


class Reads:
    """How long each statement took that reads."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        found = execute(sql, parameters, many, context)
        if sql.startswith("SELECT"):
            self.seconds.append(time.perf_counter() - began)
        return found


def prune(name: str, into: str) -> None:
    from django.db import connection
    from django.utils import timezone

    from djirgo.ops import retention

    kind = next(kind for kind in retention.KINDS if kind.name == name)
    now, reads, looks = timezone.now(), Reads(), []
    began = time.perf_counter()
    drain, more = retention.Drain(kind, at=now, share=retention.SHARE_OF_COMMAND), True
    with connection.execute_wrapper(reads):
        while more:
            for _ in range(LOOK_EVERY):
                more = more and drain.step()
            looks.append(_look(kind.old(now)[: kind.batch]))
    said = {"rows": drain.gone, "seconds": time.perf_counter() - began, "looks": looks, "reads": reads.seconds}
    Path(into).write_text(json.dumps(said))


def _look(oldest: Any) -> float:
    began = time.perf_counter()
    list(oldest.values_list("pk", flat=True))
    return time.perf_counter() - began
