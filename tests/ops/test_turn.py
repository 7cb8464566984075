"""Those who want to write stand in line: in a process, and between processes."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from djirgo.ops.sqlite.turn import Gate, NotYet, Turns, turns
from tests.servers import eventually

pytestmark = pytest.mark.once
HOLDS_THE_GATE = """
import sys, time
from djirgo.ops.sqlite.turn import Gate
Gate(sys.argv[1]).wait()
print("passed", flush=True)
time.sleep(60)
"""


def soon() -> float:
    return monotonic() + 0.05


def later() -> float:
    return monotonic() + 60


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


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gate"


@pytest.fixture
def ours(path: Path) -> Turns:
    return Turns(Gate(str(path)))


def test_whoever_came_first_is_first(ours: Turns) -> None:
    order = []

    def come(number: int) -> None:
        ours.take(later())
        order.append(number)
        ours.give_back()

    threads = [threading.Thread(target=come, args=[number]) for number in range(20)]
    ours.take(later())
    for number, thread in enumerate(threads, 1):
        thread.start()
        eventually(lambda number=number: len(ours._line) == number, "it waits")  # type: ignore[misc]
    ours.give_back()
    for thread in threads:
        thread.join()
    assert order == list(range(20))


def test_one_has_the_turn_at_a_time(path: Path) -> None:
    """Of two who share nothing but the gate, as two processes do, with three threads each."""
    both = [Turns(Gate(str(path))) for _ in range(2)]
    at_it, seen = [], []

    def come(to: Turns) -> None:
        for _ in range(50):
            to.take(later())
            at_it.append(to)
            sleep(0)
            seen.append(len(at_it))
            at_it.pop()
            to.give_back()

    threads = [threading.Thread(target=come, args=[to]) for to in both for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 300


def test_whoever_has_no_time_left_goes_and_the_next_has_their_turn(ours: Turns) -> None:
    ours.take(later())
    with pytest.raises(NotYet):
        ours.take(soon())
    assert not ours._line
    ours.give_back()
    ours.take(soon())


def test_a_turn_that_comes_when_nobody_waits_any_more_goes_to_others(ours: Turns, path: Path) -> None:
    others = Turns(Gate(str(path)))
    others.take(later())
    with pytest.raises(NotYet):
        ours.take(soon())
    others.give_back()
    eventually(lambda: not ours._is_taken, "it is given back")
    others.take(soon())


def test_a_dead_process_holds_nobody_up(ours: Turns, path: Path) -> None:
    with someone_else(path) as other:
        with pytest.raises(NotYet):
            ours.take(soon())
        other.send_signal(signal.SIGKILL)
        ours.take(later())


def test_the_gate_is_closed_to_others(tmp_path: Path) -> None:
    turns(str(tmp_path / "a.sqlite3")).take(soon())
    (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
