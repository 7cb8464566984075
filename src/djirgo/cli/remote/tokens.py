"""`djirgo token`: tokens are managed by people, who log in for it."""

import getpass
import sys
from argparse import Namespace

from djirgo.cli.remote.moments import local
from djirgo.cli.remote.refusals import done_or_refused
from djirgo.cli.remote.screen import Screen
from djirgo.client import UNSAID, Djirgo, DjirgoError, Invalid, Token, environment


class NobodySaid(DjirgoError):
    """Nobody is there to be asked."""


def logged_in(username: str | None, *, retry_seconds: float) -> Djirgo:
    """As whoever is named, with a password that is asked for without echo, or read from a pipe."""
    who = username or environment.username()
    if not who and sys.stdin.isatty():
        # Not on standard output, which may be on its way into a variable.
        print("Username: ", end="", file=sys.stderr, flush=True)
        who = sys.stdin.readline().strip()
    if not who:
        raise NobodySaid("Say who you are: --username, or DJIRGO_USERNAME.")
    password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    return Djirgo.log_in(None, who, password, retry_seconds=retry_seconds)


def create(client: Djirgo, said: Namespace, screen: Screen) -> int:
    token = _made(client, said, screen)
    if screen.as_json:
        screen.document(token.said)
    else:
        screen.line(token.token or "")
        until = local(token.expires_at) or "for ever"
        screen.note(f"This is shown once. It is good until {until} and for: {', '.join(token.scopes)}.")
    return 0


def _made(client: Djirgo, said: Namespace, screen: Screen) -> Token:
    def make() -> Token:
        expires_at = {None: UNSAID, "never": None}.get(said.expires, said.expires)
        return client.create_token(said.name, said.scopes or ["read", "work"], expires_at=expires_at, bot=said.bot)

    try:
        return make()
    except Invalid as refused:
        if "unknown_bot" not in {error["code"] for error in refused.errors}:
            raise
    client.create_bot(said.bot)
    screen.note(f"There is a bot {said.bot} now, and you answer for it.")
    return make()


def list_(client: Djirgo, said: Namespace, screen: Screen) -> int:
    tokens = client.tokens()
    if screen.as_json:
        for token in tokens:
            screen.document(token.said)
        return 0
    rows = [
        (str(token.id), token.prefix or "", token.user or "", ", ".join(token.scopes),
         local(token.expires_at) or "never", local(token.last_used_at) or "never", token.name)
        for token in tokens
    ]  # fmt: skip
    headings = ("id", "begins with", "acts as", "scopes", "expires", "last used", "name")
    screen.table(headings, rows, giving_way=("acts as", "name"))
    return 0


def delete(client: Djirgo, said: Namespace, screen: Screen) -> int:
    return done_or_refused(client.delete_token, said.ids, screen)
