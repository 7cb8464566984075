"""What two years leave behind: events evenly spread over them, and tasks that were finished all along.

By the database itself, so that ten million take minutes. Every event is as large as a real one.
"""

from typing import Any

import psycopg

#: So many events has a task in its life.
EVENTS_OF_A_TASK = 4
YEARS = "interval '730 days'"

INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)
    AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""
EVENTS = f"""
    INSERT INTO events_event (id, uuid, sequence, type, subject, scope, time, data)
    SELECT number, gen_random_uuid(), number, 'task.updated', 'tasks/' || 1 + number / {EVENTS_OF_A_TASK}, 'projects/1',
        now() - {YEARS} * (1 - number / %(events)s::float8), %(data)s::jsonb
    FROM generate_series(1, %(events)s) AS number
"""
TASKS = f"""
    INSERT INTO tasks_task (
        text, project_id, status, owner_id, performer_id, is_assigned_by_a_person, priority, labels, label_set,
        blocked_by, is_blocked, blocks_others, created_at, updated_at, started_at, completed_at, worked_microseconds,
        attempts, version
    )
    SELECT 'Mend the roof ' || number, 1, 'Completed', %(person)s, %(person)s, false, 1,
        '["house"]', encode(sha256('house'), 'hex'), '[]', false, false,
        at, at + interval '9 hours', at, at + interval '9 hours', 60000000 * %(intervals)s, 0, 4
    FROM (SELECT number, now() - {YEARS} * (1 - number / (%(tasks)s + 1)::float8) - interval '9 hours' AS at
        FROM generate_series(1, %(tasks)s) AS number) AS made
"""
LABELS = """
    INSERT INTO tasks_label (task_id, name, project_id, is_waiting, priority, due_order)
    SELECT id, 'house', project_id, false, priority, due_order FROM tasks_task WHERE text LIKE 'Mend the roof %%'
"""
INTERVALS = """
    INSERT INTO tasks_workinterval (task_id, performer_id, project_id, started_at, ended_at)
    SELECT id, performer_id, project_id, started_at + place * interval '5 minutes',
        started_at + place * interval '5 minutes' + interval '1 minute'
    FROM tasks_task, generate_series(1, %(intervals)s) AS place WHERE text LIKE 'Mend the roof %%'
"""


def leave_events(connection: psycopg.Connection[Any], number: int) -> None:
    """In the place of those that there are, of which the last is the model."""
    with connection.transaction():
        (data,) = _row(connection, "SELECT data::text FROM events_event ORDER BY id DESC LIMIT 1")
        # Emptied in the same transaction, it is filled without a log.
        connection.execute("TRUNCATE events_event")
        _put_in(connection, ["events_event"], EVENTS, {"events": number, "data": data})
        connection.execute("SELECT setval('events_event_id_seq', %s)", [number])
        # All of it is numbered; readers that come now begin at its end.
        connection.execute("INSERT INTO events_position (reader, sequence) VALUES ('sequencer', %s)", [number])
    connection.execute("VACUUM ANALYZE events_event")


def leave_tasks(connection: psycopg.Connection[Any], number: int, intervals: int) -> None:
    (person,) = _row(connection, "SELECT min(id) FROM accounts_user")
    said = {"tasks": number, "intervals": intervals, "person": person}
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        for table, statement in (("tasks_task", TASKS), ("tasks_label", LABELS), ("tasks_workinterval", INTERVALS)):
            _put_in(connection, [table], statement, said)
    connection.execute("VACUUM ANALYZE tasks_task, tasks_label, tasks_workinterval")


def _put_in(connection: psycopg.Connection[Any], tables: list[str], statement: str, said: dict[str, Any]) -> None:
    """Indexes are made afterwards, which is quicker."""
    indexes = connection.execute(INDEXES, [tables]).fetchall()
    for name, _ in indexes:
        connection.execute(f'DROP INDEX "{name}"')  # type: ignore[call-overload]
    connection.execute(statement, said)  # type: ignore[call-overload]
    for _, definition in indexes:
        connection.execute(definition)


def _row(connection: psycopg.Connection[Any], statement: str) -> Any:
    return connection.execute(statement).fetchone()  # type: ignore[call-overload]
