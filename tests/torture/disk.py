"""A small disk that can be full. To mount one takes root; where that is not to be had, no disk is ever full."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

BALLAST = "ballast"


class Disk:
    def __init__(self, folder: Path) -> None:
        self.ballast = folder / BALLAST

    def fill(self) -> None:
        """Not a byte is left."""
        with open(self.ballast, "ab", buffering=0) as file:
            for size in (2**20, 2**12):
                with suppress(OSError):
                    while file.write(bytes(size)):
                        pass

    def make_room(self) -> None:
        self.ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Disk | None]:
    """Mounted there; None where it cannot be."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        yield None
        return
    try:
        yield Disk(folder)
    finally:
        # Lazily: what is left of a process that was killed may take a moment to go.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
