"""When a token was last used: noted now and then by a request that comes by, and never at the cost of that request.

Where the note cannot be written at once, because others write or the database only reads, it is left to the next one.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from django.db import Error, connection, transaction

from djirgo.accounts.models import ApiToken

NOTED_EVERY = timedelta(minutes=1)


def note(token: ApiToken, *, at: datetime) -> None:
    if token.last_used_at is not None and at - token.last_used_at < NOTED_EVERY:
        return
    with suppress(Error), _without_waiting(), transaction.atomic():
        due = ApiToken.objects.filter(pk=token.pk).not_used_since(at - NOTED_EVERY)
        ApiToken.objects.filter(pk__in=due.select_for_update(skip_locked=True).values("pk")).update(last_used_at=at)


@contextmanager
def _without_waiting() -> Iterator[None]:
    """On PostgreSQL a locked row is skipped. SQLite has one lock for all, and its patience has to be taken away."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        (patience,) = cursor.fetchone()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {patience}")
