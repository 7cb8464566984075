"""The clock of the database, the only one that all processes share: leases are counted by it."""

from datetime import datetime

from django.db import connection
from django.utils import timezone


def database_now() -> datetime:
    """SQLite's is that of the machine, which is ours."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    return now  # type: ignore[no-any-return]
