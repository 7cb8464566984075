"""Serves one of the three: `python -m bench.serve djirgo|floor|ordinary`.

Djirgo as it is shipped; the two others by the same server, with as many processes and threads.
"""

import os
import sys

APPLICATIONS = {"floor": "bench.floor:application", "ordinary": "bench.ordinary.wsgi:application"}


def main(name: str) -> None:
    if name == "djirgo":
        from djirgo.cli.main import main as djirgo

        sys.argv = ["djirgo", "serve"]
        djirgo()
    else:
        _serve(APPLICATIONS[name])


def _serve(application: str) -> None:
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels
    from granian.server.mp import MPServer

    from djirgo.config import settings as shipped

    MPServer(
        application,
        address="127.0.0.1",
        port=int(os.environ["PORT"]),
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=shipped.WEB_PROCESSES,
        blocking_threads=shipped.SERVER_THREADS,
        blocking_threads_idle_timeout=600,
        log_level=LogLevels.error,
    ).serve()


if __name__ == "__main__":
    main(sys.argv[1])
