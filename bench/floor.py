"""The floor: what is left when everything is left out but the token, the SQL and the JSON.

One function, no routing to speak of, nothing checked that a benign client would not get wrong. It writes the same rows
as Djirgo: the task, its interval, its event. What it lacks is why Djirgo is there; how near one can come to it is the
question.
"""

import base64
import hashlib
import hmac
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
from argon2 import PasswordHasher
from psycopg.types.json import Jsonb, set_json_dumps

URL = os.environ.get("DATABASE_URL", "")
KEY = os.environ["DJIRGO_SECRET_KEY"].encode()
FIELDS = (
    "t.id, t.text, t.status, o.username, p.username, t.created_at, t.worked_microseconds, t.running_since,"
    " t.updated_at, t.started_at, t.completed_at, t.priority, t.labels, t.due_at, t.attempts, t.failure_reason,"
    " t.version, t.project_id, t.blocked_by, t.is_blocked"
)
FROM = "FROM tasks_task t JOIN accounts_user o ON o.id = t.owner_id LEFT JOIN accounts_user p ON p.id = t.performer_id"
#: A task, for one who may see it: as Djirgo asks.
SEEN = """
    JOIN tasks_project AS project ON project.id = t.project_id
    LEFT JOIN tasks_membership AS theirs ON theirs.project_id = project.id AND theirs.user_id = %s
    WHERE t.id = %s AND (project.is_open OR theirs.id IS NOT NULL)
        AND (NOT project.own_tasks_only OR theirs.role >= 2 OR t.owner_id = %s OR t.performer_id = %s)
"""
PRIORITIES = ("low", "normal", "high", "urgent")
set_json_dumps(orjson.dumps)
local = threading.local()


# --- The database ---------------------------------------------------------------------------------------------------


class OnPostgreSQL:
    def __init__(self) -> None:
        self.connection = psycopg.connect(URL, autocommit=True)
        self.connection.prepare_threshold = 2

    def all(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, parameters).fetchall()

    def run(self, sql: str, *parameters: Any) -> None:
        self.connection.execute(sql, parameters)

    def transaction(self) -> Any:
        return self.connection.transaction()

    json = staticmethod(Jsonb)
    skip_locked = "FOR UPDATE OF t SKIP LOCKED"

    @staticmethod
    def instant(value: datetime | None) -> str | None:
        return value and value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

    @staticmethod
    def words(value: Any) -> Any:
        return value


class OnSQLite:
    def __init__(self) -> None:
        from djirgo.tasks.stems import stems

        path = os.path.join(os.environ["DJIRGO_DATA_DIR"], "djirgo.sqlite3")
        self.connection = sqlite3.connect(path, timeout=20, isolation_level=None, check_same_thread=False)
        self.connection.create_function("djirgo_stems", 1, stems, deterministic=True)
        self.connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;")

    def all(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql.replace("%s", "?"), parameters).fetchall()

    def run(self, sql: str, *parameters: Any) -> None:
        self.connection.execute(sql.replace("%s", "?"), parameters)

    def transaction(self) -> Any:
        self.connection.execute("BEGIN IMMEDIATE")
        return self.connection

    skip_locked = ""

    @staticmethod
    def json(value: Any) -> str:
        return orjson.dumps(value).decode()

    @staticmethod
    def instant(value: str | None) -> str | None:
        if value is None:
            return None
        return f"{value[:10]}T{value[11:19]}.{value[20:26] or '000000'}Z"

    @staticmethod
    def words(value: Any) -> Any:
        return orjson.loads(value)


def database() -> Any:
    if not hasattr(local, "database"):
        local.database = OnPostgreSQL() if URL else OnSQLite()
    return local.database


def moment(now: datetime) -> Any:
    return now if URL else now.replace(tzinfo=None).isoformat(" ")


# --- The token ------------------------------------------------------------------------------------------------------


def user_of(token: str) -> int:
    signed, _, signature = token.rpartition(".")
    expected = base64.urlsafe_b64encode(hmac.digest(KEY, signed.encode(), hashlib.sha256)).rstrip(b"=")
    claims = orjson.loads(_decoded(signed.partition(".")[2]))
    if not hmac.compare_digest(expected, signature.encode()) or claims["exp"] < time.time():
        raise PermissionError
    return int(claims["user_id"])


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def token_for(user: int, kind: str, seconds: int) -> str:
    claims = {"token_type": kind, "exp": int(time.time()) + seconds, "jti": uuid.uuid4().hex, "user_id": str(user)}
    parts = [orjson.dumps(part) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = base64.urlsafe_b64encode(hmac.digest(KEY, signed, hashlib.sha256)).rstrip(b"=")
    return (signed + b"." + signature).decode()


# --- The answers ----------------------------------------------------------------------------------------------------


def shown(row: tuple[Any, ...], db: Any) -> dict[str, Any]:
    worked = row[6] // 1_000_000
    return {
        "id": row[0], "text": row[1], "task_status": row[2], "owner": row[3], "performer": row[4],
        "pub_date": db.instant(row[5]),
        "perform_time": f"{worked // 3600:02}:{worked // 60 % 60:02}:{worked % 60:02}", "perform_seconds": worked,
        "is_running": row[7] is not None, "updated_at": db.instant(row[8]), "started_at": db.instant(row[9]),
        "completed_at": db.instant(row[10]), "project": row[17], "priority": PRIORITIES[row[11]],
        "labels": db.words(row[12]), "due_at": db.instant(row[13]), "blocked_by": db.words(row[18]),
        "ready": row[2] == "New" and not row[19], "lease": None, "attempts": row[14], "failure_reason": row[15],
        "version": row[16],
    }  # fmt: skip


def detail(environ: dict[str, Any], db: Any, user: int) -> Any:
    task = int(environ["PATH_INFO"].split("/")[3])
    return shown(db.all(f"SELECT {FIELDS} {FROM} {SEEN}", user, task, user, user)[0], db)


def listed(environ: dict[str, Any], db: Any, user: int) -> Any:
    status = environ["QUERY_STRING"].partition("task_status=")[2].partition("&")[0]
    rows = db.all(f"SELECT {FIELDS} {FROM} WHERE t.status = %s ORDER BY t.id DESC LIMIT 51", status)
    link = f"http://localhost/api/tasks/?task_status={status}&cursor={rows[49][0]}" if len(rows) > 50 else None
    return {"next": link, "previous": None, "results": [shown(row, db) for row in rows[:50]]}


INSERT = """
    INSERT INTO tasks_task (text, project_id, status, owner_id, priority, labels, blocked_by, is_blocked, blocks_others,
        is_assigned_by_a_person, label_set, created_at, updated_at, worked_microseconds, attempts, version)
    VALUES (%s, 1, 'New', %s, 1, %s, %s, false, false, false, '', %s, %s, 0, 0, 1) RETURNING id
"""
EVENT = "INSERT INTO events_event (uuid, type, subject, scope, time, data) VALUES (%s, %s, %s, 'projects/1', %s, %s)"


def create(environ: dict[str, Any], db: Any, user: int) -> Any:
    said = body(environ)
    with db.transaction():
        return _created(said, db, user, datetime.now(UTC))


def _created(said: dict[str, Any], db: Any, user: int, now: datetime) -> Any:
    at = moment(now)
    text = said["text"].strip()
    ((task,),) = db.all(INSERT, text, user, db.json(said.get("labels", [])), db.json([]), at, at)
    name = db.all("SELECT username FROM accounts_user WHERE id = %s", user)[0][0]
    answer = _fresh(task, said | {"text": text}, name, at, db)
    _tell("task.created", answer, name, {}, at, db)
    return answer


def _fresh(task: int, said: dict[str, Any], name: str, at: Any, db: Any) -> dict[str, Any]:
    empty = [] if URL else "[]"
    row = (task, said["text"], "New", name, None, at, 0, None, at, None, None, 1, empty, None, 0, None, 1, 1, empty, 0)
    return shown(row, db) | {"labels": said.get("labels", [])}


def _tell(type_: str, task: dict[str, Any], name: str, changed: dict[str, Any], at: Any, db: Any) -> None:
    data = db.json({"task": task, "actor": name, "changed": changed})
    event = uuid.uuid4()
    db.run(EVENT, event if URL else event.hex, type_, f"tasks/{task['id']}", at, data)


def bulk(environ: dict[str, Any], db: Any, user: int) -> Any:
    said, now = body(environ), datetime.now(UTC)
    at = moment(now)
    name = db.all("SELECT username FROM accounts_user WHERE id = %s", user)[0][0]
    with db.transaction():
        columns = "(%s, 1, 'New', %s, 1, %s, %s, false, false, false, '', %s, %s, 0, 0, 1)"
        head = INSERT.partition("VALUES")[0]
        values = [value for one in said for value in (one["text"], user, db.json([]), db.json([]), at, at)]
        ids = db.all(f"{head} VALUES {', '.join([columns] * len(said))} RETURNING id", *values)
        tasks = [_fresh(pk, one, name, at, db) for (pk,), one in zip(ids, said, strict=True)]
        row = "(%s, 'task.created', %s, 'projects/1', %s, %s)"
        head = EVENT.partition("VALUES")[0]
        values = [
            value
            for task in tasks
            for value in (
                uuid.uuid4() if URL else uuid.uuid4().hex, f"tasks/{task['id']}", at,
                db.json({"task": task, "actor": name, "changed": {}}),
            )
        ]  # fmt: skip
        db.run(f"{head} VALUES {', '.join([row] * len(tasks))}", *values)
    return {"results": tasks}


START = """
    UPDATE tasks_task AS t SET status = 'In_Progress', performer_id = %s, started_at = COALESCE(started_at, %s),
        running_since = %s, updated_at = %s, version = version + 1
    WHERE id = %s AND status = 'New' AND (performer_id IS NULL OR performer_id = %s) RETURNING labels
"""
LABELS = "UPDATE tasks_label SET project_id = 1, is_waiting = false, priority = priority WHERE task_id = %s"
INTERVAL = "INSERT INTO tasks_workinterval (task_id, project_id, performer_id, started_at) VALUES (%s, 1, %s, %s)"


def start(environ: dict[str, Any], db: Any, user: int) -> Any:
    task = int(environ["PATH_INFO"].split("/")[3])
    assert body(environ) == {"task_status": "In_Progress"}
    with db.transaction():
        return _started(task, db, user)


def _started(task: int, db: Any, user: int) -> Any:
    at = moment(datetime.now(UTC))
    ((labels,),) = db.all(START, user, at, at, at, task, user)
    if db.words(labels):
        db.run(LABELS, task)
    db.run(INTERVAL, task, user, at)
    answer = shown(db.all(f"SELECT {FIELDS} {FROM} WHERE t.id = %s", task)[0], db)
    changed = {
        "task_status": {"from": "New", "to": "In_Progress"},
        "performer": {"from": None, "to": answer["performer"]},
    }
    _tell("task.started", answer, answer["performer"], changed, at, db)
    return answer


CLAIM = """
    SELECT t.id FROM tasks_task t
    WHERE t.project_id = 1 AND t.status = 'New' AND t.performer_id IS NULL AND NOT t.is_blocked
    ORDER BY t.priority DESC, t.due_order, t.id LIMIT 1 {}
"""


def claim(environ: dict[str, Any], db: Any, user: int) -> Any:
    body(environ)
    with db.transaction():
        ((task,),) = db.all(CLAIM.format(db.skip_locked))
        return _started(task, db, user)


hasher = PasswordHasher(time_cost=2, memory_cost=102400, parallelism=8)


def login(environ: dict[str, Any], db: Any, user: int) -> Any:
    said = body(environ)
    ((pk, password),) = db.all("SELECT id, password FROM accounts_user WHERE username_folded = %s", said["username"])
    hasher.verify(password.removeprefix("argon2"), said["password"])
    return {"refresh": token_for(pk, "refresh", 30 * 86400), "access": token_for(pk, "access", 3600)}


def body(environ: dict[str, Any]) -> Any:
    return orjson.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))


def chosen(environ: dict[str, Any]) -> tuple[Callable[[dict[str, Any], Any, int], Any], int]:
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    if path == "/api/tasks/":
        return (listed, 200) if method == "GET" else (create, 201)
    if path == "/api/tasks/claim/":
        return claim, 200
    if path == "/api/tasks/bulk/":
        return bulk, 201
    return (detail, 200) if method == "GET" else (start, 200)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/api/auth/jwt/create/":
        answer, status = login(environ, database(), 0), 200
    else:
        user = user_of(environ["HTTP_AUTHORIZATION"][7:])
        view, status = chosen(environ)
        answer = view(environ, database(), user)
    content = orjson.dumps(answer)
    start_response(f"{status} OK", [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
    return [content]
