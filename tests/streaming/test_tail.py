"""The end of the log in memory: short, and nobody misses anything by it."""

import gc
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from djirgo.accounts.models import User
from djirgo.events.models import Event
from djirgo.live import tail as module
from djirgo.live.stream import NoSeat, Stream
from djirgo.live.tail import Tail
from djirgo.tasks.hearing import Hearing
from tests.events.conftest import happen, number_all
from tests.servers import eventually
from tests.streaming.conftest import places

ALL = Hearing("boss", hears_all=True)


def happen_often(times: int) -> None:
    for _ in range(times):
        happen()
    number_all()


def read_on(tail: Tail) -> None:
    while tail._read():
        pass


def sequences(tail: Tail, place: int) -> list[int] | None:
    news = tail.beyond(place, seconds=0)
    return None if news.entries is None else [entry.sequence for entry in news.entries]


@pytest.fixture
def short(db: None) -> Tail:
    """One that holds ten events, of a log in which five have happened before."""
    happen_often(5)
    tail = Tail(most_events=10)
    read_on(tail)
    return tail


def test_it_begins_where_the_log_ends(short: Tail) -> None:
    assert sequences(short, 5) == []
    happen_often(3)
    read_on(short)
    assert sequences(short, 5) == [6, 7, 8]
    assert sequences(short, 7) == [8]
    assert sequences(short, 8) == sequences(short, 99) == []


def test_whoever_is_behind_it_is_sent_to_the_database(short: Tail) -> None:
    assert sequences(short, 4) is None
    happen_often(12)
    read_on(short)
    assert short.beyond(6, seconds=0).entries is None
    assert short.beyond(6, seconds=0).upto == 17
    assert sequences(short, 7) == list(range(8, 18))


def test_it_holds_no_more_bytes_than_it_may(db: None) -> None:
    tail = Tail(most_bytes=20_000)
    read_on(tail)
    for _ in range(10):
        happen(text="x" * 5000)
    number_all()
    read_on(tail)
    assert len(tail._ring) == 3
    assert sequences(tail, 7) == [8, 9, 10]
    assert sequences(tail, 6) is None


def test_what_has_no_place_yet_is_not_told(short: Tail) -> None:
    happen()
    read_on(short)
    assert sequences(short, 5) == []


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.booleans()), max_size=20), st.integers(0, 5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_whoever_listens_however_seldom_is_told_everything_once_and_in_order(
    db: None, steps: list[tuple[int, bool, bool]], begins_at: int
) -> None:
    Event.objects.all().delete()
    module.Position.objects.all().delete()
    happen_often(5)
    tail = Tail(most_events=4)
    read_on(tail)
    stream = Stream(begins_at, lambda: ALL, tail=tail)
    heard: list[int] = []
    for number, is_read, listens in [*steps, (0, True, True)]:
        happen_often(number)
        if is_read:
            read_on(tail)
        while listens and tail._reaches_beyond(stream.place):
            heard += places(stream._news() or b"")
    stream.close()
    assert heard == list(range(begins_at + 1, 6 + sum(number for number, _, _ in steps)))


# --- The thread that reads ----------------------------------------------------------------------------------------


@pytest.fixture
def tail(transactional_db: None) -> Iterator[Tail]:
    tail = Tail()
    yield tail
    tail.end()
    eventually(lambda: tail._thread is None and "live" not in threads(), "nobody reads any more")


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


def test_one_thread_reads_for_all_and_while_anybody_listens(tail: Tail) -> None:
    happen_often(1)
    with tail.listening():
        with tail.listening():
            assert threads().count("live") == 1
            eventually(lambda: tail._reaches_beyond(0), "it has begun")
            happen_often(2)
            eventually(lambda: sequences(tail, 1) == [2, 3], "both are there")
        assert threads().count("live") == 1
    eventually(lambda: "live" not in threads(), "it has let go")
    happen_often(1)
    with tail.listening():
        eventually(lambda: tail._reaches_beyond(3), "it reads again")
        assert sequences(tail, 3) is None


def test_a_listener_is_woken_by_what_happens(tail: Tail) -> None:
    with tail.listening():
        eventually(lambda: tail._last is not None, "it has begun")
        timer = threading.Timer(
            0.3, tail._take, [[module.Entry(1, "task.updated", "projects/1", "tasks/1", frozenset(), b"")]]
        )
        timer.start()
        assert tail.beyond(0, seconds=60).upto == 1
        timer.join()


def test_a_database_that_is_away_is_waited_for(tail: Tail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    read, failures = tail._read, iter(range(5))

    def fail_at_first() -> bool:
        if next(failures, None) is not None:
            raise OperationalError("away")
        return read()

    monkeypatch.setattr(tail, "_read", fail_at_first)
    happen_often(2)
    with tail.listening():
        eventually(lambda: tail._reaches_beyond(0), "it reads")
        assert next(failures, None) is None
        failures = iter(range(5))
        happen_often(2)
        eventually(lambda: sequences(tail, 2) == [3, 4], "it reads on where it was")


def test_when_it_ends_all_who_wait_are_let_go(tail: Tail) -> None:
    with tail.listening():
        timer = threading.Timer(0.2, tail.end)
        timer.start()
        assert tail.beyond(10**9, seconds=60).entries == ()
        timer.join()
    assert tail.is_ended


# --- A stream -----------------------------------------------------------------------------------------------------


def test_a_stream_waits_for_the_database_and_tells_nothing_meanwhile(
    short: Tail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("djirgo.live.stream.PAUSE_SECONDS", 0.01)
    looks: Iterator[Any] = iter([OperationalError("away"), ALL])

    def look() -> Hearing:
        found = next(looks)
        if isinstance(found, Exception):
            raise found
        return found  # type: ignore[no-any-return]

    stream = Stream(2, look, tail=short)
    assert stream._news() == b""
    assert places(stream._news() or b"") == [3, 4, 5]
    stream.close()


def test_what_changes_who_hears_what_is_looked_at_before_anything_is_told(short: Tail, ann: User) -> None:
    hearings = iter([ALL, Hearing("ann")])
    stream = Stream(5, lambda: next(hearings), tail=short)
    happen_often(1)
    read_on(short)
    assert places(stream._news() or b"") == [6]
    happen("member.removed")
    happen_often(1)
    read_on(short)
    assert stream._news() == b""
    assert stream.place == 8
    stream.close()


def test_a_stream_that_nobody_has_closed_gives_its_seat_back(short: Tail, monkeypatch: pytest.MonkeyPatch) -> None:
    seats = threading.Semaphore(1)
    monkeypatch.setattr("djirgo.live.stream.seats", seats)
    stream = Stream(5, lambda: ALL, tail=short)
    assert not seats.acquire(blocking=False)
    del stream
    gc.collect()
    assert seats.acquire(blocking=False)


def test_a_closed_stream_gives_its_seat_back_once(short: Tail, monkeypatch: pytest.MonkeyPatch) -> None:
    seats = threading.BoundedSemaphore(1)
    monkeypatch.setattr("djirgo.live.stream.seats", seats)
    stream = Stream(5, lambda: ALL, tail=short)
    stream.close()
    stream.close()
    assert seats.acquire(blocking=False)


@pytest.fixture
def ann(db: None) -> User:
    return User.objects.create_user("ann")


def test_a_quiet_stream_shows_that_it_lives_and_where_it_is(short: Tail, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEARTBEAT_SECONDS", "IDLE_SECONDS"):
        monkeypatch.setattr(f"djirgo.live.stream.{name}", 0.0)
    monkeypatch.setattr(short, "_follow", lambda: None)
    stream = Stream(5, lambda: Hearing("stranger"), tail=short)
    frames = iter(stream)
    assert next(frames).endswith(b"id: 5\n\n")
    happen_often(2)
    read_on(short)
    assert next(frames) == b": still here\nid: 7\n\n"
    stream.close()


def test_who_needs_a_seat_has_all_others_show_that_they_are_there(short: Tail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("djirgo.live.stream.HEARTBEAT_SECONDS", 3600)
    monkeypatch.setattr("djirgo.live.stream.PATIENCE_SECONDS", 60)
    monkeypatch.setattr("djirgo.live.stream.seats", threading.BoundedSemaphore(1))
    gone = Stream(5, lambda: ALL, tail=short)
    frames = iter(gone)
    next(frames)

    def notice_at_the_next_word() -> None:
        assert next(frames).startswith(b": still here")
        gone.close()

    server = threading.Thread(target=notice_at_the_next_word)
    server.start()
    Stream(5, lambda: ALL, tail=short)
    server.join(60)
    assert not server.is_alive()


def test_the_roll_is_not_called_again_and_again(short: Tail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("djirgo.live.stream.PATIENCE_SECONDS", 0)
    monkeypatch.setattr("djirgo.live.stream.ROLL_SECONDS", 3600)
    monkeypatch.setattr("djirgo.live.stream.seats", threading.BoundedSemaphore(1))
    there = Stream(5, lambda: ALL, tail=short)
    for _ in range(3):
        with pytest.raises(NoSeat):
            Stream(5, lambda: ALL, tail=short)
    assert short.rolls == 1
    there.close()


def test_a_stream_ends_after_a_while(short: Tail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("djirgo.live.stream.LASTS_SECONDS", 0.0)
    monkeypatch.setattr(short, "_follow", lambda: None)
    assert len(list(Stream(5, lambda: ALL, tail=short))) == 1
