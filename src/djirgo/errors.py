"""A refusal in the domain's own words.

The domain raises; `config.api_errors` says which HTTP status each kind answers with. A named refusal is defined
beside the code that raises it, as a subclass of one of the kinds below, with a `code` that never changes.
"""

from typing import ClassVar


class DomainError(Exception):
    """Something that the domain will not do. `code` is stable and documented; the message is for people."""

    code: ClassVar[str] = "refused"


class Invalid(DomainError):
    """What was asked for makes no sense, whatever the state. Names the `field` at fault."""

    code = "invalid"

    def __init__(self, detail: str, *, field: str) -> None:
        super().__init__(detail)
        self.field = field


class Forbidden(DomainError):
    """Somebody else may do this; the one who asks may not."""

    code = "forbidden"


class Missing(DomainError):
    """It is not there, or not for the one who asks."""

    code = "not_found"


class Conflict(DomainError):
    """The state of things forbids it, now."""

    code = "conflict"


class Stale(DomainError):
    """The caller looked at an older version than the one that is there."""

    code = "stale_version"


class Several(DomainError):
    """Many things were asked for at once, and some of them cannot be done: so none was. Each refusal has its index."""

    code = "several"

    def __init__(self, refusals: dict[int, DomainError]) -> None:
        super().__init__(f"{len(refusals)} of these cannot be done, and so none was.")
        self.refusals = refusals
