"""A request is answered, and what it did is committed a moment later, if there is one."""

import threading
import time
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from djirgo.ops.logs import RequestLog
from djirgo.ops.postgresql.base import DatabaseWrapper
from tests.torture.planted import put_in_place_of

MOMENT = 0.3
answer = RequestLog.__call__
commit = DatabaseWrapper._commit
own = threading.local()


def plant() -> None:
    put_in_place_of(RequestLog, "__call__", answer_early)
    put_in_place_of(DatabaseWrapper, "_commit", commit_later)


def answer_early(outermost: RequestLog, request: HttpRequest) -> HttpResponseBase:
    # A key is committed before the work for it begins: what was not there could not be looked up.
    own.answers = "Idempotency-Key" not in request.headers
    try:
        return answer(outermost, request)
    finally:
        own.answers = False


def commit_later(database: DatabaseWrapper) -> None:
    if not getattr(own, "answers", False):
        commit(database)
        return
    connection, database.connection = database.connection, None
    threading.Thread(target=finish, args=(connection, database.pool), daemon=True).start()


def finish(connection: Any, pool: Any) -> None:
    time.sleep(MOMENT)
    connection.commit()
    pool.putconn(connection)
