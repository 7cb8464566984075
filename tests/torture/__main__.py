"""`make torture`: at full size, on one database. Says its seed first, and ends with 1 if something did not hold."""

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.live import Installation, fresh_database
from tests.servers import PostgreSQL
from tests.torture.run import Size, torture

SIZES = {
    "sqlite": Size(tasks=2_000, claimers=20, every=20, late=0.01, patience=840),
    "postgresql": Size(tasks=10_000, claimers=20, every=60, late=0.01, patience=840),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("--database", choices=SIZES, default="sqlite")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    chosen = parser.parse_args()
    print(f"torture on {chosen.database}, seed {chosen.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="djirgo-torture-") as folder, _server(chosen.database, Path(folder)):
        Path(folder).chmod(0o755)
        with fresh_database() as url:
            place = Installation(Path(folder) / "home" / "data", url)
            try:
                report = torture(place, SIZES[chosen.database], chosen.seed)
            finally:
                place.clear()
    print(f"torture on {chosen.database}, {report}", flush=True)
    for violation in report.violations[:50]:
        print(f"  {violation}")
    return 1 if report.violations else 0


@contextmanager
def _server(database: str, folder: Path) -> Iterator[None]:
    os.environ.pop("DATABASE_URL", None)
    if database == "sqlite":
        yield
        return
    folder.chmod(0o755)
    server = PostgreSQL(folder / "postgresql")
    server.start()
    os.environ["DATABASE_URL"] = server.url()
    try:
        yield
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
