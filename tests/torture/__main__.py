"""`make torture`: at full size, on both databases. Says its seed first; its last line says what came of it."""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from tests.servers import Missing
from tests.torture.ground import DATABASES, ground
from tests.torture.plants import PLANTS, look_for
from tests.torture.run import Report, torture
from tests.torture.scene import Size

KEPT = Path("build/torture")
SIZES = {
    "sqlite": Size(
        tasks=400, claimers=10, senders=3, workers=2, faults=60, every=10, late=0.02, pause=0.3, patience=1_200
    ),
    "postgresql": Size(
        tasks=400, claimers=10, senders=3, workers=2, faults=120, every=15, late=0.02, pause=0.2, patience=1_800
    ),
}


def main() -> int:
    chosen = _parsed()
    os.environ.pop("DATABASE_URL", None)
    # Told to stop, it clears up before it goes.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    print(f"torture: seed {chosen.seed}", flush=True)
    try:
        return _torture(chosen)
    except Missing as missing:
        print(f"torture: {missing}")
        return 1


def _torture(chosen: argparse.Namespace) -> int:
    if chosen.plant or chosen.plants:
        return _plant([chosen.plant] if chosen.plant else list(PLANTS), chosen.seed)
    total = sum((_on(database, chosen) for database in chosen.database or DATABASES), Report())
    _tell(total.violations)
    print(f"torture: seed {chosen.seed}: {total}")
    return 1 if total.violations else 0


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("--database", choices=DATABASES, action="append", help="both, if nothing is said")
    parser.add_argument("--nodes", type=int, default=1, help="of RabbitMQ, beside PostgreSQL")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--plant", choices=PLANTS, help="a bug that has to be caught")
    parser.add_argument("--plants", action="store_true", help="all of them, one after the other")
    return parser.parse_args()


def _plant(names: list[str], seed: int) -> int:
    """0 if all of them were caught."""
    caught = 0
    for name in names:
        found = look_for(name, seed)
        _tell(found.evidence, most=5)
        print(f"torture: seed {seed}: {found}", flush=True)
        caught += bool(found.evidence)
    if len(names) > 1:
        print(f"torture: seed {seed}: {caught} of {len(names)} planted bugs were caught")
    return 0 if caught == len(names) else 1


def _tell(violations: list[str], most: int = 50) -> None:
    for violation in violations[:most]:
        print(f"  {violation}")
    if len(violations) > most:
        print(f"  and {len(violations) - most} more")


def _on(database: str, chosen: argparse.Namespace) -> Report:
    seed = chosen.seed
    with (
        tempfile.TemporaryDirectory(prefix="djirgo-torture-") as folder,
        ground(database, Path(folder), chosen.nodes) as found,
    ):
        if found.disk is None:
            print("  left out: a full disk; to mount a small one takes root", flush=True)
        report = torture(found, SIZES[database], seed)
        if report.violations:
            _keep(found.place.data.parent, KEPT / f"{seed}-{database}")
    print(f"  {database}: {report}", flush=True)
    return report


def _keep(home: Path, where: Path) -> None:
    """What everybody has said and written down, to find out what went wrong."""
    shutil.rmtree(where, ignore_errors=True)
    shutil.copytree(home, where, ignore=shutil.ignore_patterns("data"))
    print(f"  logs and journals are kept in {where}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
