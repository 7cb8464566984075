"""The clock of the database, the only one that all processes share: leases are counted by it."""

from datetime import datetime

from django.db import connection
from django.utils import timezone

from djirgo.statements import fetch


def database_now() -> datetime:
    """SQLite's is that of the machine, which is ours."""
    if connection.vendor != "postgresql":
        return timezone.now()
    ((now,),) = fetch("SELECT clock_timestamp()")
    return now  # type: ignore[no-any-return]
