"""The web application, as a WSGI server loads it."""

import os
from collections.abc import Callable
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_started
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.log import log_response


class Handler(WSGIHandler):
    """Django's own, for a program that stands at the root of its host and has one set of addresses.

    Both is what Django takes for granted until it is told, so each request does without being told.
    """

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> HttpResponseBase:
        request_started.send(type(self), environ=environ)
        response: HttpResponseBase = self.get_response(self.request_class(environ))
        response._handler_class = type(self)  # type: ignore[attr-defined]
        cookies = [("Set-Cookie", cookie.OutputString()) for cookie in response.cookies.values()]
        start_response(f"{response.status_code} {response.reason_phrase}", [*response.items(), *cookies])
        return response

    def get_response(self, request: HttpRequest) -> Any:
        response = self._middleware_chain(request)  # type: ignore[attr-defined]
        response._resource_closers.append(request.close)
        if response.status_code >= 400:
            log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
        return response


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "djirgo.config.settings")
django.setup(set_prefix=False)
application = Handler()
