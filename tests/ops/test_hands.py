"""As few hands as get everything done, each request answered once, and nobody waiting for those who are held up."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import granian.wsgi
import pytest
from granian.server import mp

from djirgo.ops import hands
from djirgo.ops.hands import Hands
from djirgo.ops.logs import CAME_AT
from djirgo.ops.tickets import Tickets
from tests.servers import eventually

Scope = dict[str, Any]


class House:
    """Hands, and what they answer: a request does what it was told to do, and then is noted down."""

    def __init__(self, room: int = 32, turns: int = 32, load: Any = None) -> None:
        self.answered: list[str] = []
        self.refused: list[str] = []
        self.bodies: dict[str, bytes] = {}
        self.by: dict[str, threading.Thread] = {}
        self.let_go = threading.Event()
        self.hands = Hands(self.answer, room=room, turns=Tickets(turns), load=load)

    def answer(self, name: str, scope: Scope) -> None:
        self.by[name] = threading.current_thread()
        if time.perf_counter() - scope[CAME_AT] > hands.PATIENCE:  # as admission does
            self.refused.append(name)
            return
        scope.get("does", lambda: None)()
        if "wsgi.input" in scope:
            self.bodies[name] = scope["wsgi.input"].read()
        self.answered.append(name)

    def come(self, name: str, path: str = "/api/tasks/", **said: Any) -> threading.Thread:
        """By a thread of its own, as from granian."""
        thread = threading.Thread(target=self.hands.come, args=(name, {"PATH_INFO": path} | said), daemon=True)
        thread.start()
        return thread

    def hold_up(self, name: str) -> threading.Thread:
        thread = self.come(name, does=self._wait)
        eventually(lambda: name in self.by, f"{name} is being answered")
        return thread

    def _wait(self) -> None:
        assert self.let_go.wait(60)


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is at anything for long, and nothing lies on the pile for too long."""
    monkeypatch.setattr(hands, "PATIENCE", 60)
    monkeypatch.setattr(hands, "LONG", 60)


@pytest.fixture
def made() -> Iterator[list[House]]:
    """Those houses in which nobody is to be left waiting when the test is over."""
    houses: list[House] = []
    yield houses
    for house in houses:
        house.let_go.set()


@pytest.mark.usefixtures("long")
def test_what_comes_while_a_hand_is_at_work_is_taken_up_by_it_in_order() -> None:
    house = House()
    at_work = house.hold_up("first")
    for number in range(5):
        house.come(f"{number}").join(60)  # put down, and gone
    assert house.answered == []

    house.let_go.set()
    at_work.join(60)
    assert house.answered == ["first", "0", "1", "2", "3", "4"]
    assert set(house.by.values()) == {at_work}


def test_whoever_is_held_up_keeps_nobody_waiting(made: list[House]) -> None:
    house = House()
    made.append(house)
    for number in range(10):
        house.hold_up(f"held up {number}")
    for number in range(20):
        house.come(f"{number}")

    eventually(lambda: len(house.answered) == 20, "all others are answered")
    house.let_go.set()
    eventually(lambda: len(house.answered) == 30, "and then those")


def test_how_many_wait_is_told_while_they_do(made: list[House]) -> None:
    house = House(turns=0)  # nobody is released
    made.append(house)
    house.hold_up("held up")
    for number in range(3):
        house.come(f"{number}")
    eventually(lambda: hands.WAITING._value.get() == 3, "three wait")
    house.let_go.set()
    eventually(lambda: hands.WAITING._value.get() == 0, "nobody waits")


def test_a_hand_that_was_released_stops_when_it_is_done() -> None:
    house = House()
    house.hold_up("held up")
    house.come("another")
    eventually(lambda: house.answered == ["another"], "another is answered")
    house.let_go.set()

    eventually(lambda: not house.hands._at_work, "nobody is at work")
    assert (len(house.hands._free), house.hands._places) in {(places, places) for places in range(1, 100)}


def test_where_as_many_are_answered_as_may_be_nobody_is_released_and_those_who_wait_are_refused_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hands, "PATIENCE", 0.05)
    house = House(turns=0)
    house.hold_up("held up")
    house.come("waits")
    house.come("waits too")

    eventually(lambda: sorted(house.refused) == ["waits", "waits too"], "they are refused")
    assert house.answered == []
    house.let_go.set()
    eventually(lambda: house.answered == ["held up"], "it is answered")
    house.come("later")
    eventually(lambda: house.answered == ["held up", "later"], "and so is who comes later")


@pytest.mark.usefixtures("long")
def test_what_finds_no_room_on_the_pile_goes_straight_in(made: list[House]) -> None:
    house = House(room=1)
    made.append(house)
    house.hold_up("first")
    house.come("lies on the pile").join(60)
    house.come("goes straight in").join(60)

    assert house.answered == ["goes straight in"]


@pytest.mark.usefixtures("long")
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_go_straight_in(path: str, made: list[House]) -> None:
    house = House()
    made.append(house)
    house.hold_up("first")
    house.come("probe", path).join(60)

    assert house.answered == ["probe"]


class Body:
    """What granian gives, and takes away when the thread that it came with has gone."""

    def __init__(self, content: bytes) -> None:
        self.content = BytesIO(content)
        self.owner: threading.Thread | None = None

    def read(self, size: int = -1) -> bytes:
        self.owner = threading.current_thread()
        return self.content.read(size)


@pytest.mark.usefixtures("long")
def test_a_body_is_taken_along(made: list[House]) -> None:
    house = House()
    house.hold_up("first")
    body = Body(b'{"text": "Mend the roof"}')
    came = house.come("second", CONTENT_LENGTH="25", **{"wsgi.input": body})
    came.join(60)
    assert body.owner is came

    house.let_go.set()
    eventually(lambda: "second" in house.answered, "it is answered")
    assert house.bodies["second"] == b'{"text": "Mend the roof"}'


def test_whoever_sends_slowly_has_not_waited_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hands, "PATIENCE", 0.5)
    house = House()
    slow = Body(b"a")
    slow.read = lambda size=-1: time.sleep(0.6) or b"a"  # type: ignore[func-returns-value, method-assign]
    house.hold_up("held up")
    house.come("slow", CONTENT_LENGTH="1", **{"wsgi.input": slow}).join(60)

    eventually(lambda: "slow" in house.answered, "it is answered")
    house.let_go.set()


@pytest.mark.usefixtures("long")
@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"CONTENT_LENGTH": str(hands.LARGEST_BODY + 1)}, id="large"),
        pytest.param({"HTTP_TRANSFER_ENCODING": "chunked"}, id="of unknown length"),
        pytest.param({"CONTENT_LENGTH": "many"}, id="of no length"),
    ],
)
def test_a_body_that_cannot_be_taken_along_goes_straight_in(said: dict[str, str], made: list[House]) -> None:
    house = House()
    made.append(house)
    house.hold_up("first")
    house.come("large", **said, **{"wsgi.input": Body(b"much")}).join(60)

    assert house.answered == ["large"]


@pytest.mark.usefixtures("long")
def test_of_those_who_send_slowly_only_so_many_are_waited_for(made: list[House]) -> None:
    house = House(room=1)
    made.append(house)
    still_sending = threading.Event()
    slow = Body(b"a")
    slow.read = lambda size=-1: still_sending.wait(60) and b"a"  # type: ignore[method-assign]
    first = house.come("slow", CONTENT_LENGTH="1", **{"wsgi.input": slow})
    eventually(lambda: not house.hands._readers, "somebody is being waited for")
    house.come("goes straight in", CONTENT_LENGTH="1", **{"wsgi.input": Body(b"b")}).join(60)

    assert house.bodies == {"goes straight in": b"b"}
    still_sending.set()
    first.join(60)
    assert house.bodies["slow"] == b"a"


def test_one_that_cannot_be_answered_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    house = House()
    house.come("broken", does=lambda: 1 / 0).join(60)
    house.come("whole").join(60)

    assert house.answered == ["whole"]
    assert "could not be answered" in caplog.text


def test_where_nobody_can_be_called_those_who_wait_are_looked_after_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class NoThread:
        def __init__(self, **how: Any) -> None:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(hands, "PATIENCE", 0.1)
    house = House()
    house.hold_up("held up")
    with monkeypatch.context() as patch:
        patch.setattr(hands, "Thread", NoThread)
        house.come("waits")
        eventually(lambda: "can't start new thread" in caplog.text, "that is told")
    house.come("comes later")

    eventually(lambda: len(house.answered + house.refused) == 2, "both are looked after")
    house.let_go.set()


def test_each_is_answered_once_whoever_comes_when() -> None:
    house = House(room=8)
    dice = random.Random(4)  # noqa: S311
    naps = [dice.choice((0, 0, 0, 0.001, 0.02)) for _ in range(300)]

    def come(number: int) -> None:
        for name in range(number, len(naps), 12):
            house.hands.come(f"{name}", {"PATH_INFO": "/", "does": lambda nap=naps[name]: nap and time.sleep(nap)})

    threads = [threading.Thread(target=come, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    eventually(lambda: len(house.answered) >= len(naps), "all are answered")
    eventually(lambda: not house.hands._at_work, "nobody is at work")
    assert Counter(house.answered) == Counter(map(str, range(len(naps))))
    assert len(house.hands._free) == house.hands._places


class Told:
    """In the place of `Load`: whether more would get more done is said by the test."""

    more: bool | None = None

    def begin(self) -> None:
        pass

    def allows_more(self) -> bool | None:
        return self.more


def test_granian_looks_its_way_up_by_the_name_that_is_ours_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mp, "_wsgi_call_wrap", granian.wsgi._callback_wrapper)
    starts: Any = mp.MPServer._spawn_wsgi_worker
    assert "_wsgi_call_wrap" in starts.__wrapped__.__code__.co_names

    def application(environ: Scope, start_response: Callable[..., None]) -> list[bytes]:
        start_response("200 OK", [("X-Said", environ["PATH_INFO"])])
        return [b"done"]

    class AnswerTo:
        def response_bytes(self, *said: Any) -> None:
            answered.append(said)

    answered: list[Any] = []
    hands.take_over()
    take_in: Any = mp._wsgi_call_wrap  # type: ignore[attr-defined]
    take_in(application, {})(AnswerTo(), {"PATH_INFO": "/api/tasks/"})
    assert answered == [(200, [("X-Said", "/api/tasks/")], b"done")]


def test_there_are_more_hands_where_that_helps_and_fewer_where_it_does_not() -> None:
    told = Told()
    house = House(room=1000, load=told)
    told_to_stop = threading.Event()

    def keep_coming() -> None:
        while not told_to_stop.is_set():
            for number in range(20):
                house.hands.come(f"{number}", {"PATH_INFO": "/", "does": lambda: time.sleep(0.002)})
            time.sleep(0.001)

    told.more = True
    threads = [threading.Thread(target=keep_coming) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        eventually(lambda: house.hands._places > 3, "there are more places")
        eventually(lambda: len(house.hands._at_work) > 3, "and more hands")
        told.more = False
        eventually(lambda: house.hands._places == 1, "there is one place again")
    finally:
        told_to_stop.set()
        for thread in threads:
            thread.join(60)
