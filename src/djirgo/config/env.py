"""The settings that an installation may set, each read once, checked, and refused in one sentence that names it.

`.env.example` lists them all with their defaults; a test keeps the two alike.
"""

import contextlib
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

POSTGRESQL = "django.db.backends.postgresql"
SQLITE = "django.db.backends.sqlite3"

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


def origins(name: str) -> list[str]:
    """Addresses like `https://tasks.example.org`, separated by commas."""
    given = words(name)
    if not all(_leads_to_a_host(origin, "http", "https") for origin in given):
        raise ImproperlyConfigured(f"{name} must be a list of origins like https://tasks.example.org.")
    return given


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


def database(name: str, default: Path) -> dict[str, Any]:
    """A `postgres://` or `sqlite:///` address as Django's database setting; nothing is the SQLite file `default`."""

    def parse(raw: str) -> dict[str, Any]:
        if urlsplit(raw).scheme not in ("postgres", "postgresql", "sqlite"):
            raise ValueError
        parsed: dict[str, Any] = environ.Env.db_url_config(raw)
        if parsed["NAME"] in ("", ":memory:"):
            raise ValueError
        return parsed if parsed["ENGINE"] == POSTGRESQL else _sqlite(name, Path(parsed["NAME"]))

    KNOWN.append(name)
    raw = os.environ.get(name, "").strip()
    try:
        return parse(raw) if raw else _sqlite(name, default)
    except (ValueError, KeyError):
        # The address may hold a password: it is not repeated.
        raise ImproperlyConfigured(
            f"{name} must be an address like postgres://user:password@host:5432/name or sqlite:////path/to/file."
        ) from None


def _sqlite(name: str, path: Path) -> dict[str, Any]:
    """SQLite gives the files beside its own the mode that this one has: closed to others from the first moment."""
    path = path.resolve()
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise ImproperlyConfigured(f"{name} names {path}, which cannot be used: {error.strerror}.") from None
    return {"ENGINE": SQLITE, "NAME": str(path)}


def amqp(name: str) -> str:
    """An `amqp://` or `amqps://` address, or nothing."""
    KNOWN.append(name)
    raw = os.environ.get(name, "").strip()
    if raw and not _leads_to_a_host(raw, "amqp", "amqps"):
        raise ImproperlyConfigured(f"{name} must be an address like amqp://user:password@host:5672/vhost.")
    return raw


def _leads_to_a_host(address: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def mail(name: str, default: Path) -> dict[str, object]:
    """An `smtp://`, `smtp+tls://` or `smtp+ssl://` address as Django's mail settings; nothing is a folder of files."""
    KNOWN.append(name)
    raw = os.environ.get(name, "").strip()
    if not raw:
        return {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend", "EMAIL_FILE_PATH": str(default)}
    if not _leads_to_a_host(raw, "smtp", "smtp+tls", "smtp+ssl"):
        raise ImproperlyConfigured(f"{name} must be an address like smtp+tls://user:password@host:587.")
    parsed: dict[str, object] = environ.Env.email_url_config(raw)
    # Without a deadline of its own a mail server that says nothing would hold the request for good.
    return parsed | {"EMAIL_TIMEOUT": 10}


def secret(name: str, kept_in: Path) -> str:
    """A secret from the environment, or one made once and kept in a file that only its owner can read."""
    given = text(name)
    if given:
        if len(given) < 32:
            raise ImproperlyConfigured(f"{name} must be at least 32 characters long.")
        return given
    try:
        if not kept_in.exists():
            _keep_once(secrets.token_urlsafe(48), kept_in)
        kept = kept_in.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{kept_in} cannot be used: {error.strerror}. Or set {name}.") from None
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
