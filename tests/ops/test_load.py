"""More hands get more done where a process leaves its core time, and the machine has some."""

from collections.abc import Callable

import pytest

from djirgo.ops import load
from djirgo.ops.load import Load

Pass = Callable[..., bool | None]


@pytest.fixture
def after(monkeypatch: pytest.MonkeyPatch) -> Pass:
    def look(seconds: float, *, used: float, idle: float) -> bool | None:
        looked_at = Load()
        for name in ("monotonic", "process_time", "_idle_seconds"):
            monkeypatch.setattr(load, name, lambda: 100.0)
        looked_at.begin()
        for name, passed in (("monotonic", seconds), ("process_time", used), ("_idle_seconds", idle)):
            monkeypatch.setattr(load, name, lambda passed=passed: 100.0 + passed)
        return looked_at.allows_more()

    return look


def test_a_process_that_waits_on_a_machine_that_waits_could_do_more(after: Pass) -> None:
    assert after(0.2, used=0.05, idle=0.3)


def test_one_that_has_all_of_an_interpreter_could_not(after: Pass) -> None:
    assert after(0.2, used=0.19, idle=1.4) is False


def test_where_all_cores_are_busy_another_hand_would_be_in_the_way(after: Pass) -> None:
    assert after(0.2, used=0.05, idle=0.0) is False


def test_a_moment_says_nothing(after: Pass) -> None:
    assert after(0.05, used=0.0, idle=0.1) is None


def test_the_idle_time_of_a_machine_only_grows() -> None:
    assert 0 < load._idle_seconds() <= load._idle_seconds()


def test_a_machine_that_does_not_tell_has_a_core_to_spare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "STAT", load.Path("/proc/there/is/none"))
    before = load.monotonic()
    assert before <= load._idle_seconds() <= load.monotonic()
