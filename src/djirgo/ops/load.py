"""Whether more hands would get more done: they would if this process leaves its core time, and the machine has some.

Where the database is on another machine, or a query is slow, a process waits while its core could work for somebody
else. Where all cores are busy, with the database's work for example, another hand would only be in the way.
"""

import os
from pathlib import Path
from time import monotonic, process_time

#: Seconds that one look covers.
WINDOW = 0.1
#: Of a core: a process that uses more has all that one interpreter can make use of.
BUSY = 0.8
#: Cores of the machine: fewer are none.
IDLE = 0.25
TICK = 1 / os.sysconf("SC_CLK_TCK")
STAT = Path("/proc/stat")


class Load:
    def begin(self) -> None:
        self._at, self._used, self._idle = monotonic(), process_time(), _idle_seconds()

    def allows_more(self) -> bool | None:
        """None as long as the window is not over."""
        seconds = monotonic() - self._at
        if seconds < WINDOW:
            return None
        used, idle = process_time() - self._used, _idle_seconds() - self._idle
        self.begin()
        return used / seconds < BUSY and idle / seconds > IDLE


def _idle_seconds() -> float:
    """Of all cores together, since the machine was started. One that does not tell is taken to have a core to spare."""
    try:
        with STAT.open("rb") as stat:
            _, _, _, _, idle, waiting_for_disk, *_ = stat.readline().split()
    except OSError:
        return monotonic()
    return (int(idle) + int(waiting_for_disk)) * TICK
