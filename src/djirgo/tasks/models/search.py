"""Full-text search over the texts of tasks: PostgreSQL's own, and FTS5 on SQLite.

Both reduce words to their stems by Snowball's algorithms, Russian for Cyrillic and English for Latin letters, both take
ё for е and keep every word, however common. The index is kept by the database itself: an expression index on
PostgreSQL, triggers on SQLite, which call `djirgo_stems` on the connection that writes. Both stand in the migration
`search`; one that rebuilds the table of tasks on SQLite has to create the triggers again.
"""

import re
import sqlite3

from django.db import connection
from django.db.backends.signals import connection_created
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from djirgo.tasks.stems import NO_YO, stems

POSTGRESQL = "to_tsvector('djirgo', translate(tasks_task.text, 'ёЁ', 'еЕ')) @@ websearch_to_tsquery('djirgo', %s)"
SQLITE = "tasks_task.id IN (SELECT rowid FROM tasks_search WHERE tasks_search MATCH %s)"

TERM = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')


def condition(words: str) -> RawSQL | Q:
    """The condition that a text matches: words, "phrases in quotes", and -words that it must not have.

    Exclusions alone match nothing: FTS5 has no such query.
    """
    if all(minus for minus, _, _ in TERM.findall(words)):
        return Q(pk__in=[])
    raw = {
        "postgresql": lambda: RawSQL(POSTGRESQL, [words.translate(NO_YO)], BooleanField()),  # noqa: S611
        "sqlite": lambda: RawSQL(SQLITE, [fts5_query(words)], BooleanField()),  # noqa: S611
    }
    return raw[connection.vendor]()


def fts5_query(words: str) -> str:
    """What a person typed, in FTS5's language."""
    wanted: list[str] = []
    unwanted: list[str] = []
    for minus, phrase, word in TERM.findall(words):
        if found := stems(phrase or word):
            (unwanted if minus else wanted).append(f'"{found}"')
    if not wanted:
        return '""'
    return " AND ".join(wanted) + "".join(f" NOT {term}" for term in unwanted)


def register(sender: object, connection: object, **_: object) -> None:
    """Teach a new SQLite connection the function that the triggers call."""
    raw = getattr(connection, "connection", None)
    if isinstance(raw, sqlite3.Connection):
        raw.create_function("djirgo_stems", 1, stems, deterministic=True)


connection_created.connect(register)
