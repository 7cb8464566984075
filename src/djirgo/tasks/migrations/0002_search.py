"""The full-text index over the texts of tasks; what it is for stands in `tasks.models.search`."""

from django.db import migrations

POSTGRESQL = [
    # The dictionaries that come with PostgreSQL drop common words; a search for one of them would find nothing.
    "CREATE TEXT SEARCH DICTIONARY djirgo_russian (TEMPLATE = snowball, Language = russian)",
    "CREATE TEXT SEARCH DICTIONARY djirgo_english (TEMPLATE = snowball, Language = english)",
    "CREATE TEXT SEARCH CONFIGURATION djirgo (COPY = russian)",
    "ALTER TEXT SEARCH CONFIGURATION djirgo ALTER MAPPING REPLACE russian_stem WITH djirgo_russian",
    "ALTER TEXT SEARCH CONFIGURATION djirgo ALTER MAPPING REPLACE english_stem WITH djirgo_english",
    "CREATE INDEX task_search ON tasks_task USING gin (to_tsvector('djirgo', translate(text, 'ёЁ', 'еЕ')))",
]
POSTGRESQL_UNDONE = [
    "DROP INDEX task_search",
    "DROP TEXT SEARCH CONFIGURATION djirgo",
    "DROP TEXT SEARCH DICTIONARY djirgo_english",
    "DROP TEXT SEARCH DICTIONARY djirgo_russian",
]
SQLITE = [
    "CREATE VIRTUAL TABLE tasks_search USING fts5(words, tokenize = 'unicode61 remove_diacritics 0')",
    "INSERT INTO tasks_search (rowid, words) SELECT id, djirgo_stems(text) FROM tasks_task",
    """CREATE TRIGGER tasks_search_insert AFTER INSERT ON tasks_task BEGIN
           INSERT INTO tasks_search (rowid, words) VALUES (new.id, djirgo_stems(new.text));
       END""",
    """CREATE TRIGGER tasks_search_update AFTER UPDATE OF text ON tasks_task WHEN old.text <> new.text BEGIN
           UPDATE tasks_search SET words = djirgo_stems(new.text) WHERE rowid = new.id;
       END""",
    """CREATE TRIGGER tasks_search_delete AFTER DELETE ON tasks_task BEGIN
           DELETE FROM tasks_search WHERE rowid = old.id;
       END""",
]
SQLITE_UNDONE = [
    "DROP TRIGGER tasks_search_delete",
    "DROP TRIGGER tasks_search_update",
    "DROP TRIGGER tasks_search_insert",
    "DROP TABLE tasks_search",
]


def create(apps, schema_editor):
    for statement in {"postgresql": POSTGRESQL, "sqlite": SQLITE}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    for statement in {"postgresql": POSTGRESQL_UNDONE, "sqlite": SQLITE_UNDONE}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("tasks", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
