"""What the client and the command line read from the environment. The server reads none of it."""

import os

URL = "DJIRGO_URL"
TOKEN = "DJIRGO_TOKEN"  # noqa: S105
USERNAME = "DJIRGO_USERNAME"

NAMES = frozenset({URL, TOKEN, USERNAME})
DEFAULT_URL = "http://127.0.0.1:8000"


def url() -> str:
    """Where the server is: this machine, if nothing is said."""
    return _said(URL) or DEFAULT_URL


def token() -> str | None:
    return _said(TOKEN)


def username() -> str | None:
    return _said(USERNAME)


def _said(name: str) -> str | None:
    return os.environ.get(name, "").strip() or None
