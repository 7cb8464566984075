"""What has to hold, whatever is done to whom."""

from collections.abc import Callable
from enum import StrEnum


class Rule(StrEnum):
    KEPT = "what was answered 2xx is in the database"
    NOT_INVENTED = "nothing is invented"
    SETTLED = "what was answered 202 is applied or rejected"
    DELIVERED = "every committed event is delivered"
    NOTHING_ELSE = "nothing uncommitted is delivered"
    SAME = "an event says the same on every delivery"
    NO_GAPS = "the versions of a task come without gaps, in order"
    TOLD = "a task is what its history says"
    ONE_HOLDER = "a task has one holder, and their token alone opens it"
    ONCE = "what is done is done once"
    HEALED = "everything is done once all is healed"
    MACHINE = "a history follows the state machine"
    TIMED = "no two intervals overlap, and they add up"
    NO_FAILURE = "no answer is a 500"


class Audit:
    """Counts what was checked, and remembers what did not hold."""

    def __init__(self) -> None:
        self.checks = 0
        self.violations: list[str] = []

    def check(self, rule: Rule, holds: bool, what: object) -> None:
        self.checks += 1
        if not holds:
            self.violations.append(f"{rule}: {what}")

    def no_complaint(self, rule: Rule, look: Callable[[], None], about: object) -> None:
        try:
            look()
        except AssertionError as complaint:
            self.check(rule, False, f"{about}: {complaint}")
        else:
            self.check(rule, True, about)
