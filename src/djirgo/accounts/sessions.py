"""The sessions that a process has just seen, so that not every request has to check a signature and ask for its user.

Once every moment all of them are looked at anew, by one statement: whose user has changed since is forgotten, and has
to be asked for again. So whoever looks in here is never told what is older than the moment.
"""

from collections.abc import Iterable
from threading import Lock
from time import time
from typing import NamedTuple

from djirgo.accounts.jwt import Token
from djirgo.accounts.models import User
from djirgo.statements import OneOf, Statement

#: How many a process remembers.
MOST = 4096
#: What a request may go by. A session whose user has another of these now is forgotten.
STANDING = (
    "id", "credentials_version", "is_active", "is_staff", "is_superuser", "is_bot", "username", "email", "first_name",
    "last_name",
)  # fmt: skip
_of_users = Statement(lambda: User.objects.filter(pk__in=OneOf("ids")).values_list(*STANDING))


class Session(NamedTuple):
    user: User
    token: Token
    #: Seconds since 1970.
    expires_at: int
    standing: tuple[object, ...]

    @classmethod
    def of(cls, user: User, token: Token) -> "Session":
        return cls(user, token, int(token["exp"]), tuple(getattr(user, name) for name in STANDING))


class Sessions:
    def __init__(self) -> None:
        self._seen: dict[bytes, Session] = {}
        self._moment = -1
        self._looking = Lock()

    def find(self, text: bytes, moment: int) -> Session | None:
        """The session of this token, if it was good in this moment."""
        if moment != self._moment and not self._look_again(moment):
            return None
        session = self._seen.get(text)
        return session if session and session.expires_at > time() else None

    def keep(self, text: bytes, session: Session, moment: int) -> None:
        """Remember one that was found to be good in this moment, unless the moment is over."""
        if moment == self._moment:
            self._seen[text] = session
            if len(self._seen) > MOST:
                self._seen.pop(next(iter(self._seen)), None)

    def _look_again(self, moment: int) -> bool:
        """Not where another thread is at it: whoever comes meanwhile asks for their own user, and waits for nobody."""
        if not self._looking.acquire(blocking=False):
            return False
        try:
            seen = self._seen.copy()
            now = _standings(session.user.pk for session in seen.values())
            self._seen = {text: session for text, session in seen.items() if session.standing in now}
            self._moment = moment
        finally:
            self._looking.release()
        return True


def _standings(ids: Iterable[int]) -> set[tuple[object, ...]]:
    wanted = set(ids)
    return set(_of_users.rows(ids=OneOf.of(wanted))) if wanted else set()
