"""Where the processes of one web server add up what they count. Needs no Django, which would count already."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

FOLDER = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def counted_together() -> Iterator[None]:
    """An empty folder for the counters of this process and those below it, unless one above has made it.

    prometheus_client looks for its name when it is first imported, so this has to come before that.
    """
    if FOLDER in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="djirgo-counters-", ignore_cleanup_errors=True) as folder:
        os.environ[FOLDER] = folder
        yield
