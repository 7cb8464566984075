"""When to ask again, and when to give up.

A question without an answer may have been answered: a POST that is sent again carries the same `Idempotency-Key`, and
happens once. What the server refused is not asked again, save where it says itself that a later moment may do.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from djirgo.client.connection import Answer, CutOff
from djirgo.client.errors import DjirgoError, Refused, Unreachable

TRY_LATER = frozenset({429, 502, 503, 504})
#: The first request with this key has not been answered yet.
STILL_RUNNING = "idempotency_key_in_use"


@dataclass(frozen=True)
class Patience:
    """Pauses that double from the first to the longest, each of them cut by chance, so that no crowd asks in step."""

    seconds: float = 30.0
    first_pause: float = 0.1
    longest_pause: float = 5.0

    def pause(self, number: int) -> float:
        longest = min(self.longest_pause, self.first_pause * 2.0 ** min(number, 30))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311


def worth_asking_again(answer: Answer) -> bool:
    if answer.status in TRY_LATER:
        return True
    return answer.status == 409 and answer.problem.get("code") == STILL_RUNNING


def may_pass(error: DjirgoError) -> bool:
    """Whether it may be otherwise in a while, without anybody doing anything about it here."""
    if isinstance(error, Refused):
        return error.status == 429 or error.status >= 500 or error.code == STILL_RUNNING
    return isinstance(error, Unreachable)


def patiently(
    ask: Callable[[], Answer], patience: Patience, *, is_final: Callable[[CutOff], bool] = lambda cut: False
) -> Answer:
    """The answer to a question that is asked until one comes that counts, or until the patience is at its end.

    `is_final` says which cut ends it at once: where asking again could do something twice.
    """
    end = time.monotonic() + patience.seconds
    number = 0
    while True:
        wait = patience.pause(number)
        try:
            answer = ask()
        except CutOff as cut:
            if is_final(cut) or time.monotonic() + wait > end:
                raise Unreachable(str(cut)) from cut
        else:
            wait = max(wait, answer.retry_after or 0.0)
            if not worth_asking_again(answer) or time.monotonic() + wait > end:
                return answer
        time.sleep(wait)
        number += 1
