"""What is said where something was not done, and what the command ends with."""

from collections.abc import Callable, Iterable

from djirgo.cli.remote.screen import Screen
from djirgo.client import Refused, Unauthorized, Unreachable

DONE, REFUSED, TYPED_WRONG, OUT_OF_REACH, INTERRUPTED = 0, 1, 2, 3, 130


def done_or_refused(do: Callable[[int], None], ids: Iterable[int], screen: Screen) -> int:
    """Each for itself, and 1 if any was refused. What would be the same for all of them ends it."""
    ended_with = DONE
    for id_ in ids:
        try:
            do(id_)
        except Unauthorized:
            raise
        except Refused as refused:
            screen.note(f"djirgo: {id_}: {refused}")
            ended_with = REFUSED
    return ended_with


def explained(refused: Refused) -> str:
    if refused.code == "not_authenticated":
        return f"{refused} Set DJIRGO_TOKEN; `djirgo token create` makes one."
    return str(refused)


def explained_silence(silence: Unreachable) -> str:
    return f"{str(silence).rstrip('.')}. DJIRGO_URL says where the server is."
