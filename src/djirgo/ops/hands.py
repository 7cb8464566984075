"""Who works on the requests of a process: as few hands at a time as get all of it done.

One thread at a time runs Python. granian gives each request a thread as soon as it comes, and there they all ask for
the interpreter, and again whenever the database has answered: to hand it around costs a quarter of all the work
(decision 0025). So a request that comes while a hand is at work is put on a pile, and the hand takes it up next.

There are more hands where that helps: where the process leaves its core time although something lies on the pile. And
whoever has been at one request for long keeps nobody waiting, be it that they wait for a lock, for what a client has
yet to send, for what a stream is to tell, or that there is a lot to do: their place goes to another.
"""

import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from queue import SimpleQueue
from threading import Event, Thread
from time import perf_counter, sleep
from typing import Any

import prometheus_client
from django.conf import settings
from granian.server import mp
from granian.wsgi import _callback_wrapper

from djirgo.ops.admission import PATIENCE, turns
from djirgo.ops.load import Load
from djirgo.ops.logs import CAME_AT, PROBES
from djirgo.ops.tickets import Tickets

#: Seconds after which whoever is still at the same request gives up their place.
LONG = 0.01
#: Bytes of a body that is taken along to the pile.
LARGEST_BODY = 2**18

WAITING = prometheus_client.Gauge(
    "djirgo_waiting_requests", "Requests that nobody has taken up yet.", multiprocess_mode="livesum"
)

logger = logging.getLogger(__name__)

#: Where its answer goes, and a request, both as granian hands them over.
Piece = tuple[Any, dict[str, Any]]


class Hand:
    def __init__(self) -> None:
        self.place = Tickets(1)
        self.began_at = perf_counter()


class Hands:
    """`answer` is what granian would call: with what the answer is told to, and the request."""

    def __init__(
        self,
        answer: Callable[[Any, dict[str, Any]], Any],
        *,
        room: int,
        turns: Tickets,
        load: Load | None = None,
    ) -> None:
        self._answer = answer
        #: Knows whether more hands would get more done; without it there is one, and one for each that is held up.
        self._load = load
        #: How many requests lie on the pile at most. Any further one goes straight in, to be told that it is too many.
        self._room = room
        #: So many may still be sending what belongs to a request.
        self._readers = Tickets(room)
        #: Of those who are answered each has one. Where there is none left, nobody is released.
        self._turns = turns
        self._pile: deque[Piece] = deque()
        #: How many may work at the same time, and as many of these places as nobody has.
        self._places = 1
        self._free = Tickets(1)
        self._at_work: set[Hand] = set()
        self._resting = Tickets(0)
        self._calls: SimpleQueue[None] = SimpleQueue()
        self._bell = Event()
        Thread(target=self._watch, name="hands", daemon=True).start()

    def come(self, answer_to: Any, scope: dict[str, Any]) -> None:
        """Take a request in, by the thread that it came with."""
        can_wait = len(self._pile) < self._room and scope["PATH_INFO"] not in PROBES and self._read_body(scope)
        scope[CAME_AT] = perf_counter()  # all of it is there: how long somebody sent is not how long they waited
        if not can_wait:
            self._answer(answer_to, scope)
            return
        self._pile.append((answer_to, scope))
        self._work()
        if self._pile and not self._bell.is_set():
            self._bell.set()

    def _read_body(self, scope: dict[str, Any]) -> bool:
        """To take it along, for granian has it as long as this thread is here; unless it is large, or not to be known.

        That is also why whoever sends slowly keeps nobody from working.
        """
        length = scope.get("CONTENT_LENGTH", "0")
        if "HTTP_TRANSFER_ENCODING" in scope or not length.isdecimal() or int(length) > LARGEST_BODY:
            return False
        if length != "0":
            if not self._readers.take():
                return False
            try:
                scope["wsgi.input"] = BytesIO(scope["wsgi.input"].read(int(length)))
            finally:
                self._readers.give_back()
        return True

    def _work(self) -> None:
        """As long as there is something to do and a place to do it at."""
        while self._pile and self._free.take():
            hand = Hand()
            self._at_work.add(hand)
            try:
                self._take_up(hand)
            finally:
                self._at_work.discard(hand)
                if hand.place.take():
                    self._free.give_back()

    def _take_up(self, hand: Hand) -> None:
        while hand.place:
            try:
                piece = self._pile.popleft()
            except IndexError:
                return
            hand.began_at = perf_counter()
            self._finish(*piece)

    def _finish(self, answer_to: Any, scope: dict[str, Any]) -> None:
        try:
            self._answer(answer_to, scope)
        except Exception:
            logger.exception("A request could not be answered; the server answers 500.")

    # --- Who else may work ------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        while True:
            self._bell.wait()
            self._bell.clear()
            if self._load:
                self._load.begin()
            while self._pile:
                sleep(LONG / 2)
                try:
                    self._look()
                except Exception:  # whatever it is, such as no thread to be had: somebody has to look again
                    logger.exception("Nobody else could be called to the requests that wait.")
                    sleep(PATIENCE)
                WAITING.set(len(self._pile))

    def _look(self) -> None:
        self._release_those_at_it_since(perf_counter() - LONG)
        self._more_or_fewer(self._load.allows_more() if self._load else None)
        self._refuse_those_who_came_before(perf_counter() - PATIENCE)
        if self._pile and self._free:
            self._call()

    def _release_those_at_it_since(self, moment: float) -> None:
        for hand in tuple(self._at_work):
            if hand.began_at < moment and self._turns and hand.place.take():
                self._free.give_back()

    def _more_or_fewer(self, more: bool | None) -> None:
        if more and self._turns:
            self._places += 1
            self._free.give_back()
        elif more is False and self._places > 1:
            taken = self._free.take() or any(hand.place.take() for hand in tuple(self._at_work))
            self._places -= taken

    def _call(self) -> None:
        """One of those who rest, or somebody new."""
        if self._resting.take():
            self._calls.put(None)
        else:
            Thread(target=self._stand_by, name="hand", daemon=True).start()

    def _stand_by(self) -> None:
        while True:
            self._work()
            self._resting.give_back()
            self._calls.get()

    def _refuse_those_who_came_before(self, moment: float) -> None:
        with suppress(IndexError):
            while (piece := self._pile.popleft())[1][CAME_AT] < moment:
                self._finish(*piece)  # which admission does not let in any more
            self._pile.appendleft(piece)


def take_over() -> None:
    """Have granian hand its requests over here: to be called in a process of it before that takes any.

    It has no setting for this, and looks its own way up by this name when a process starts.
    """
    mp._wsgi_call_wrap = _taking_in  # type: ignore[attr-defined, assignment]


def _taking_in(application: Callable[..., Any], *options: Any) -> Callable[[Any, dict[str, Any]], None]:
    """On SQLite one writes at a time, and who reads waits for nobody: other hands would only stand in line."""
    load = None if settings.EMBEDDED else Load()
    answer = _callback_wrapper(application, *options)
    return Hands(answer, room=settings.WEB_WAITING, turns=turns, load=load).come
