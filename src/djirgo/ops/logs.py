"""What the program says while it runs: one line per happening, on stderr, as JSON or as text for people.

Everything speaks through the standard library's `logging`; whatever is given as `extra` becomes a field, as does what
is given to a logger of structlog. While a
request is served, every line carries its `request_id`, so that all that it caused can be found again. A line never
holds a body, a query string, a header or a local variable: that is where passwords and tokens are.
"""

import json
import logging
import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from itertools import islice
from random import getrandbits
from typing import Any

import orjson
import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject
from structlog.types import EventDict, WrappedLogger

REQUEST_ID = "X-Request-ID"
SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

#: In the environment of a request that had to wait, before anybody here saw it.
CAME_AT = "djirgo.came_at"

#: Asked every few seconds, by machines.
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})

#: What every record has; all else is what somebody wanted to say. Django's request would show its query string.
OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "request"}
FIRST_OF_ITS_OWN = len(vars(logging.makeLogRecord({})))

# No line names a thread or a process, and to look them up costs more than to write the line.
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False

logger = logging.getLogger("djirgo.requests")
#: What all lines about requests have in common: `logger.info` would look up from where in the program it is called.
OF_A_REQUEST = {
    level: vars(logging.LogRecord(logger.name, level, "", 0, "request", (), None))
    for level in (logging.DEBUG, logging.INFO)
}
current_request: ContextVar[str | None] = ContextVar("current_request", default=None)


def to_stderr(level: str, form: str) -> dict[str, Any]:
    """The logging configuration of every process, Django's, granian's and pika's loggers included."""
    ours: dict[str, Any] = {"handlers": [], "propagate": True}
    talkative = ours | {"level": "INFO" if level == "debug" else "WARNING"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "djirgo.ops.logs.line", "form": form}},
        "filters": {"with_traceback": {"()": "djirgo.ops.logs.WithTraceback"}},
        "handlers": {
            "stderr": {"class": "djirgo.ops.logs.Lines", "formatter": "line", "level": level.upper()},
        },
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {
            "django": ours | {"level": "INFO"},
            "django.request": {"filters": ["with_traceback"]},
            "django.server": ours,
            "_granian": ours,
            **dict.fromkeys(("axes", "granian.access", "psycopg.pool"), talkative),
            # Every failed attempt in a dozen lines; whoever called it tells it in one.
            "pika": ours | {"level": "CRITICAL"},
        },
    }


def bring_structlog_along() -> None:
    """Its loggers hand their lines to the standard library's, which writes all of them."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def line(form: str) -> logging.Formatter:
    """A formatter that makes one line of one record, whoever wrote it."""
    return _text() if form == "text" else JSONLine()


class Lines(logging.StreamHandler[Any]):
    """To a stream that knows by itself where a line ends, as stderr does."""

    def flush(self) -> None:
        """There is nothing left to be written."""


class JSONLine(logging.Formatter):
    """For machines. Every request is written by it, so it does without a chain of processors."""

    def format(self, record: logging.LogRecord) -> str:
        # What is common stands first, and more than twenty names need not be looked at.
        further = islice(vars(record).items(), FIRST_OF_ITS_OWN, None)
        said = {name: value for name, value in further if name not in OF_EVERY_RECORD}
        line = {"event": record.getMessage(), "level": record.levelname.lower(), "logger": record.name} | said
        line["at"] = f"{datetime.fromtimestamp(record.created, UTC).isoformat()[:26]}Z"
        if request_id := current_request.get():
            line["request_id"] = request_id
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(line, default=str).decode()
        except TypeError:  # a lone surrogate, or a number beyond 64 bits
            return json.dumps(line, default=str)


def _text() -> logging.Formatter:
    """For people."""
    plain = structlog.dev.plain_traceback
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            _with_request_id,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.stdlib.ExtraAdder(),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _without_request,
            _on_one_line,
            structlog.dev.ConsoleRenderer(colors=False, timestamp_key="at", exception_formatter=plain),
        ],
    )


def _with_request_id(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    if request_id := current_request.get():
        line["request_id"] = request_id
    return line


def _without_request(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """Django hands its request object to the log; written out it shows the query string."""
    line.pop("request", None)
    return line


def _on_one_line(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """JSON escapes what could end a line or steer a terminal; text has to be told."""
    line["event"] = CONTROL.sub(" ", str(line["event"]))
    return line


class WithTraceback(logging.Filter):
    """Of Django's own request lines only the unhandled exceptions: the rest is in the line of the request."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.exc_info is not None


class RequestLog:
    """Middleware, the outermost: gives each request its id and writes its one line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = _request_id(request)
        bound = current_request.set(request_id)
        try:
            since = came_at(request)
            response = self.get_response(request)
            _write(request, response, seconds=time.perf_counter() - since)
        finally:
            current_request.reset(bound)
        response[REQUEST_ID] = request_id
        return response


def came_at(request: HttpRequest) -> float:
    """When, by `time.perf_counter`: it may have waited since (`ops.hands`)."""
    return request.META.get(CAME_AT) or time.perf_counter()


def _request_id(request: HttpRequest) -> str:
    """The caller's own, so that its log and ours can be laid side by side, if it can do no harm in a log.

    Ours is a name and no secret: to ask the system for a secret means to let other threads go first.
    """
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    return given if SANE_REQUEST_ID.fullmatch(given) else f"{getrandbits(128):032x}"


def _write(request: HttpRequest, response: HttpResponseBase, *, seconds: float) -> None:
    level = logging.DEBUG if request.path in PROBES else logging.INFO
    if not logger.isEnabledFor(level):
        return
    record = logging.LogRecord.__new__(logging.LogRecord)
    vars(record).update(
        OF_A_REQUEST[level],
        created=time.time(),
        method=request.method,
        path=request.path,
        status=response.status_code,
        ms=round(seconds * 1000, 2),
        user=_user_id(request),
    )
    logger.handle(record)


def _user_id(request: HttpRequest) -> int | None:
    """Who asked, as far as somebody has found out already: the log reads no session."""
    user = getattr(request, "user", None)
    if isinstance(user, SimpleLazyObject):
        user = getattr(request, "_cached_user", None)
    return getattr(user, "pk", None)
