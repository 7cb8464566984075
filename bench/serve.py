"""Serves one of the three, all in the same way: `python -m bench.serve djirgo|floor|ordinary`."""

import os
import sys

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

APPLICATIONS = {
    "djirgo": "djirgo.config.wsgi:application",
    "floor": "bench.floor:application",
    "ordinary": "bench.ordinary.wsgi:application",
}


def main(name: str) -> None:
    MPServer(
        APPLICATIONS[name],
        address="127.0.0.1",
        port=int(os.environ["PORT"]),
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=int(os.environ["DJIRGO_WEB_PROCESSES"]),
        blocking_threads=int(os.environ["DJIRGO_WEB_THREADS"]),
        blocking_threads_idle_timeout=600,
        log_level=LogLevels.error,
    ).serve()


if __name__ == "__main__":
    main(sys.argv[1])
