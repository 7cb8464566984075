"""The worker has no web server: this small one answers /healthz and /metrics for it, and nothing else."""

import threading
from collections.abc import Iterable
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse

from djirgo.ops.health import healthz
from djirgo.ops.metrics import metrics

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

VIEWS = {"/healthz": healthz, "/metrics": metrics}


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    timeout = 5

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """These are asked every few seconds."""


def open_side_door(host: str, port: int) -> Server:
    """Listen from now on, in a thread that ends with the process or with `shutdown()`."""
    server = make_server(host, port, answer, server_class=Server, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, name="side-door", daemon=True).start()
    return server


def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    view = VIEWS.get(environ["PATH_INFO"])
    response = view(WSGIRequest(environ)) if view else HttpResponse(status=HTTPStatus.NOT_FOUND)
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return [response.content]
