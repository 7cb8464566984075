"""Those who want to write stand in line: in a process, and between processes."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from djirgo.ops.sqlite.turn import Gate, Line, NotYet, turn
from tests.servers import eventually

pytestmark = pytest.mark.once
LATER = 60.0
HOLDS_THE_GATE = """
import sys, time
from djirgo.ops.sqlite.turn import Gate
with Gate(sys.argv[1]).passed(time.monotonic() + 60):
    print("passed", flush=True)
    time.sleep(60)
"""


def soon() -> float:
    return monotonic() + 0.05


@contextmanager
def someone_else(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, which has passed the gate."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS_THE_GATE, str(path)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "passed\n"
        yield other
        other.kill()


def test_whoever_came_first_is_first() -> None:
    line, order = Line(), []

    def come(number: int) -> None:
        with line.first(monotonic() + LATER):
            order.append(number)

    threads = [threading.Thread(target=come, args=[number]) for number in range(20)]
    with line.first(monotonic() + LATER):
        for number, thread in enumerate(threads, 1):
            thread.start()
            eventually(lambda number=number: len(line._waiting) == number, "it waits")  # type: ignore[misc]
    for thread in threads:
        thread.join()
    assert order == list(range(20))


def test_whoever_has_no_time_left_goes_and_the_next_has_their_turn() -> None:
    line = Line()
    with line.first(monotonic() + LATER), pytest.raises(NotYet), line.first(soon()):
        pass
    assert not line._waiting
    with line.first(soon()):
        pass


def test_whoever_fails_lets_the_next_have_their_turn() -> None:
    line = Line()
    with pytest.raises(ZeroDivisionError), line.first(soon()):
        raise ZeroDivisionError
    with line.first(soon()):
        pass


def test_one_process_passes_at_a_time_and_a_dead_one_holds_nobody_up(tmp_path: Path) -> None:
    gate = Gate(str(tmp_path / "gate"))
    with someone_else(tmp_path / "gate") as other:
        with pytest.raises(NotYet), gate.passed(soon()):
            pass
        other.send_signal(signal.SIGKILL)
        with gate.passed(monotonic() + LATER):
            pass


def test_the_gate_is_closed_to_others(tmp_path: Path) -> None:
    with turn(str(tmp_path / "a.sqlite3"), soon()):
        (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
