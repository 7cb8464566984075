"""Being told to stop: SIGTERM and SIGINT let the work in hand come to its end, a second one does not."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether it was said. May be said from anywhere: another thread, a signal's handler."""

    def __init__(self) -> None:
        self.is_said = False
        # An Event could be caught by the signal while it holds its own lock; this queue cannot.
        self._bell: SimpleQueue[None] = SimpleQueue()

    def say(self) -> None:
        self.is_said = True
        self._bell.put(None)

    def wait(self, seconds: float) -> None:
        """So long, or until it is said."""
        if not self.is_said:
            with suppress(Empty):
                self._bell.get(timeout=max(0.0, seconds))


@contextmanager
def said_by_signals(stop: Stop) -> Iterator[None]:
    """In the main thread, which is the only one that hears signals; what held before holds again afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:
        if heard:
            raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)
        heard.append(number)
        stop.say()

    before = {number: signal.getsignal(number) for number in SIGNALS}
    ours = [number for number, handler in before.items() if handler not in (signal.SIG_IGN, None)]
    for number in ours:
        signal.signal(number, hear)
    try:
        yield
    finally:
        for number in ours:
            # Elsewhere than in the main thread, where a forgotten loop may be swept up, nothing can be put back.
            with suppress(ValueError):
                if signal.getsignal(number) is hear:
                    signal.signal(number, before[number])
