"""So many of something, each of which is one's own for a while: a semaphore, but one that is not written in Python."""

from queue import Empty, SimpleQueue


class Tickets:
    def __init__(self, number: int) -> None:
        self._left: SimpleQueue[None] = SimpleQueue()
        for _ in range(number):
            self.give_back()

    def __len__(self) -> int:
        return self._left.qsize()

    def take(self, *, patience: float = 0) -> bool:
        """One of them, if there is one within so many seconds."""
        try:
            self._left.get(timeout=patience)
        except Empty:
            return False
        return True

    def give_back(self) -> None:
        self._left.put(None)
