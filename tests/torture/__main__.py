"""`make torture`: at full size, on both databases. Says its seed first; its last line says what came of it."""

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path

from tests.torture.ground import DATABASES, ground
from tests.torture.run import Report, torture
from tests.torture.scene import Size

SIZES = {
    "sqlite": Size(
        tasks=500, claimers=10, senders=3, workers=2, faults=60, every=12, late=0.02, pause=0.3, patience=1_200
    ),
    "postgresql": Size(
        tasks=500, claimers=10, senders=3, workers=2, faults=120, every=20, late=0.02, pause=0.2, patience=1_800
    ),
}


def main() -> int:
    chosen = _parsed()
    os.environ.pop("DATABASE_URL", None)
    print(f"torture: seed {chosen.seed}", flush=True)
    total = sum((_on(database, chosen.seed) for database in chosen.database or DATABASES), Report())
    for violation in total.violations[:50]:
        print(f"  {violation}")
    print(f"torture: seed {chosen.seed}: {total}")
    return 1 if total.violations else 0


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("--database", choices=DATABASES, action="append", help="both, if nothing is said")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    return parser.parse_args()


def _on(database: str, seed: int) -> Report:
    with tempfile.TemporaryDirectory(prefix="djirgo-torture-") as folder, ground(database, Path(folder)) as found:
        if found.disk is None:
            print("  left out: a full disk; to mount a small one takes root", flush=True)
        report = torture(found, SIZES[database], seed)
    print(f"  {database}: {report}", flush=True)
    return report


if __name__ == "__main__":
    sys.exit(main())
