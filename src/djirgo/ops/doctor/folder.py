"""The data folder and what is kept in it."""

import os
import shutil
import stat
import tempfile
from pathlib import Path

from django.conf import settings

from djirgo.ops.doctor.finding import Finding, failure, warning, well

#: SQLite needs room for its log beside the database, and everything stops when there is none.
LITTLE_SPACE = 2**30
NO_SPACE = 2**26


def data_folder() -> Finding:
    """Whether it can be written to, and only by us."""
    folder: Path = settings.DATA_DIR
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return failure(f"{folder} cannot be written to: {error.strerror}", "Give it to the user who runs Djirgo.")
    loose = [path.name for path in (folder, *folder.iterdir()) if _is_open_to_others(path)]
    if loose:
        return warning(f"open to others: {', '.join(sorted(loose))}", f"chmod -R go= {folder}")
    return well(str(folder))


def secret_key() -> Finding:
    if os.environ.get("DJIRGO_SECRET_KEY"):
        return well("from DJIRGO_SECRET_KEY")
    kept = settings.DATA_DIR / "secret.key"
    if _is_open_to_others(kept):
        return failure(f"others can read {kept}", "chmod 600 it. If somebody has read it, delete it: all sessions end.")
    return well(f"kept in {kept}")


def disk_space() -> Finding:
    free = shutil.disk_usage(settings.DATA_DIR).free
    says = f"{free / 2**30:.1f} GiB free"
    if free < NO_SPACE:
        return failure(says, "Make room in the data folder: nothing can be written soon.")
    if free < LITTLE_SPACE:
        return warning(says, "Make room in the data folder.")
    return well(says)


def _is_open_to_others(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
