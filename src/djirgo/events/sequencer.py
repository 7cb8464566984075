"""Gives committed events their place in the log.

Ids do not commit in order: a transaction that took a lower id may commit after one that took a higher, and whoever
reads `id > last` never sees it. So events are numbered after their commit, a batch at a time, under a lock on one row.
Within one subject ids are in order, because its row is locked while its events are written, and numbers follow ids.
"""

from django.db import connection, transaction

from djirgo.events.models import SEQUENCER, Event, Position

BATCH = 1000

# The same statement on both databases; the ORM has no UPDATE … FROM.
NUMBER_A_BATCH = """
    UPDATE events_event SET sequence = %s + batch.place
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS place
          FROM (SELECT id FROM events_event WHERE sequence IS NULL ORDER BY id LIMIT %s) AS unnumbered) AS batch
    WHERE events_event.id = batch.id
"""


def number_events() -> int:
    """Number up to a batch of committed events; answer how many there were."""
    if not Event.objects.unnumbered().exists():
        return 0
    with transaction.atomic():
        # The last number given, and the lock to work under.
        position, _ = Position.objects.select_for_update().get_or_create(reader=SEQUENCER)
        with connection.cursor() as cursor:
            cursor.execute(NUMBER_A_BATCH, [position.sequence, BATCH])
            numbered = int(cursor.rowcount)
        position.sequence += numbered
        position.save(update_fields=["sequence"])
    return numbered
