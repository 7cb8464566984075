"""One command from what was typed to what it ends with."""

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from io import TextIOWrapper

from djirgo.cli.remote.parser import parser
from djirgo.cli.remote.refusals import (
    INTERRUPTED,
    OUT_OF_REACH,
    REFUSED,
    TYPED_WRONG,
    explained,
    explained_silence,
)
from djirgo.cli.remote.screen import Screen
from djirgo.cli.remote.tokens import logged_in
from djirgo.client import Djirgo, DjirgoError, Refused, Unreachable

#: People do not wait for long; what has to be done is typed again.
RETRY_SECONDS = 5.0


def run(arguments: Sequence[str]) -> int:
    _take_any_letter()
    said = parser().parse_args(arguments)
    screen = Screen(as_json=said.json)
    try:
        with _client(said) as client:
            ended_with: int = said.run(client, said, screen)
    except Refused as refused:
        screen.note(f"djirgo: {explained(refused)}")
        return REFUSED
    except Unreachable as silence:
        screen.note(f"djirgo: {explained_silence(silence)}")
        return OUT_OF_REACH
    except DjirgoError as mistake:
        screen.note(f"djirgo: {mistake}")
        return TYPED_WRONG
    except (KeyboardInterrupt, EOFError):
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read along has gone; Python would complain once more when it closes the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return ended_with


def _take_any_letter() -> None:
    """What this terminal cannot show is replaced, and what comes in broken is for the server to refuse."""
    for stream, errors in ((sys.stdin, "surrogateescape"), (sys.stdout, "replace"), (sys.stderr, "replace")):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=errors)


def _client(said: Namespace) -> Djirgo:
    if said.room == "token":
        return logged_in(said.username, retry_seconds=RETRY_SECONDS)
    return Djirgo(retry_seconds=RETRY_SECONDS)
