"""The id of what was taken in: a UUID that proves by itself whose it is, so that nobody has to be asked about it.

    7 ── when, and chance        each request is another
    8 ── a hash of a key         a request that is sent again with its Idempotency-Key is the same

Both end in a signature for one user: what somebody else was told, or what somebody made up, is nobody's id.
"""

import secrets
import uuid
from datetime import UTC, datetime

from django.utils.crypto import salted_hmac

TIMED, KEYED = 7, 8
CONTENT_BITS, SIGNATURE_BITS = 88, 34
CHANCE_BITS = CONTENT_BITS - 48
VARIANT = 0b10


def fresh(user: int, *, at: datetime) -> uuid.UUID:
    milliseconds = int(at.timestamp() * 1000)
    return _signed(milliseconds << CHANCE_BITS | secrets.randbits(CHANCE_BITS), TIMED, user)


def of_key(user: int, key: str, fingerprint: str) -> uuid.UUID:
    """The same for the same key with the same request."""
    return _signed(_bits(f"{user}\n{key}\n{fingerprint}", CONTENT_BITS), KEYED, user)


def belongs_to(id_: uuid.UUID, user: int) -> bool:
    return id_.version in (TIMED, KEYED) and id_ == _signed(_content(id_), id_.version, user)


def accepted_at(id_: uuid.UUID) -> datetime | None:
    """When it was taken in, if the id says so."""
    if id_.version != TIMED:
        return None
    return datetime.fromtimestamp((id_.int >> 80) / 1000, UTC)


def _signed(content: int, version: int, user: int) -> uuid.UUID:
    signature = _bits(f"{version}\n{user}\n{content}", SIGNATURE_BITS)
    whole = content << SIGNATURE_BITS | signature
    first, middle, last = whole >> 74, whole >> 62 & 0xFFF, whole & (1 << 62) - 1
    return uuid.UUID(int=first << 80 | version << 76 | middle << 64 | VARIANT << 62 | last)


def _content(id_: uuid.UUID) -> int:
    first, middle, last = id_.int >> 80, id_.int >> 64 & 0xFFF, id_.int & (1 << 62) - 1
    return (first << 74 | middle << 62 | last) >> SIGNATURE_BITS


def _bits(text: str, number: int) -> int:
    digest = salted_hmac("djirgo.intake", text, algorithm="sha256").digest()
    return int.from_bytes(digest) >> 256 - number
