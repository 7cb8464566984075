"""The settings that an installation may set, each read once, checked, and refused in one sentence that names it.

`.env.example` lists them all with their defaults; a test keeps the two alike.
"""

import contextlib
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

#: Every name that was asked for, in the order of asking.
KNOWN: list[str] = []


def _read(name: str, default: T, parse: Callable[[str], T], expected: str) -> T:
    KNOWN.append(name)
    raw = os.environ.get(name, "").strip()
    if not raw:
        return default
    try:
        return parse(raw)
    except (ValueError, ImproperlyConfigured):
        raise ImproperlyConfigured(f"{name} is set to {raw!r}, but must be {expected}.") from None


def text(name: str, default: str = "") -> str:
    return _read(name, default, str, "text")


def words(name: str, default: Sequence[str] = ()) -> list[str]:
    """A list, separated by commas."""
    return _read(name, list(default), lambda raw: [word.strip() for word in raw.split(",") if word.strip()], "a list")


def choice(name: str, default: str, among: Sequence[str]) -> str:
    def parse(raw: str) -> str:
        if raw not in among:
            raise ValueError
        return raw

    return _read(name, default, parse, "one of " + ", ".join(among))


def number(name: str, default: int, at_least: int = 0, at_most: int = 2**31) -> int:
    def parse(raw: str) -> int:
        if not at_least <= int(raw) <= at_most:
            raise ValueError
        return int(raw)

    return _read(name, default, parse, f"a whole number from {at_least} to {at_most}")


def flag(name: str, default: bool) -> bool:
    known = {
        "true": True,
        "yes": True,
        "1": True,
        "on": True,
        "false": False,
        "no": False,
        "0": False,
        "off": False,
    }

    def parse(raw: str) -> bool:
        if raw.lower() not in known:
            raise ValueError
        return known[raw.lower()]

    return _read(name, default, parse, "true or false")


def folder(name: str, default: str) -> Path:
    """A folder of our own: made if it is not there, closed to others."""
    path = _read(name, Path(default), Path, "a folder").expanduser().resolve()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"{name} names {path}, which cannot be made: {error.strerror}.") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"{name} names {path}, which cannot be written to.")
    return path


def folder_in(parent: Path, name: str) -> Path:
    path = parent / name
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def database(name: str, default: str) -> dict[str, object]:
    """A `postgres://` or `sqlite:///` address as Django's database setting."""

    def parse(raw: str) -> dict[str, object]:
        parsed: dict[str, object] = environ.Env.db_url_config(raw)
        if parsed.get("ENGINE") not in ("django.db.backends.postgresql", "django.db.backends.sqlite3"):
            raise ValueError
        if not parsed.get("NAME"):
            raise ValueError
        return parsed

    try:
        return _read(name, parse(default), parse, "")
    except ImproperlyConfigured:
        # The address may hold a password: it is not repeated.
        raise ImproperlyConfigured(
            f"{name} must be an address like postgres://user:password@host:5432/name or sqlite:////path/to/file."
        ) from None


def amqp(name: str) -> str:
    """An `amqp://` or `amqps://` address, or nothing."""
    KNOWN.append(name)
    raw = os.environ.get(name, "").strip()
    if raw and not raw.startswith(("amqp://", "amqps://")):
        raise ImproperlyConfigured(f"{name} must be an address like amqp://user:password@host:5672/vhost.")
    return raw


def mail(name: str, default: str) -> dict[str, object]:
    """An `smtp://`, `smtp+tls://`, `smtp+ssl://` or `filemail://` address as Django's mail settings."""
    try:
        return _read(name, environ.Env.email_url_config(default), environ.Env.email_url_config, "")
    except (ImproperlyConfigured, KeyError):
        raise ImproperlyConfigured(f"{name} must be an address like smtp+tls://user:password@host:587.") from None


def secret(name: str, kept_in: Path) -> str:
    """A secret from the environment, or one made once and kept in a file that only its owner can read."""
    given = text(name)
    if given:
        if len(given) < 32:
            raise ImproperlyConfigured(f"{name} must be at least 32 characters long.")
        return given
    if not kept_in.exists():
        _keep_once(secrets.token_urlsafe(48), kept_in)
    kept = kept_in.read_text().strip()
    if len(kept) < 32:
        raise ImproperlyConfigured(f"{kept_in} should hold the secret key but does not: delete it, or set {name}.")
    return kept


def _keep_once(value: str, path: Path) -> None:
    """Write the file whole or not at all; of several processes that do so at once, the first one wins."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(value)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
