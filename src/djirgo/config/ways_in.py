"""Programs and people come in by different ways: what belongs to pages costs the API nothing.

The settings say which middleware each of the two has: `API_MIDDLEWARE` and `PAGE_MIDDLEWARE`. What stands before this
one, in `MIDDLEWARE`, is everybody's.
"""

from collections.abc import Callable, Sequence
from typing import Any, cast

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.module_loading import import_string

from djirgo.web.compression import AS_THEY_ARE

#: Under the API's address, and for people.
PAGES_OF_THE_API = ("/api/docs/",)

#: How many names of this server a process remembers to have found good.
MOST_HOSTS = 256

Answer = Callable[[HttpRequest], HttpResponseBase]


def is_for_programs(request: HttpRequest) -> bool:
    return request.path_info.startswith(AS_THEY_ARE) and not request.path_info.startswith(PAGES_OF_THE_API)


class WayIn:
    """A chain of middleware, made as Django makes its own; what cannot be called is asked by its hooks alone."""

    def __init__(self, names: Sequence[str], get_response: Answer) -> None:
        self.answer: Any = get_response
        self.view_hooks: list[Callable[..., Any]] = []
        self.exception_hooks: list[Callable[..., Any]] = []
        for name in reversed(names):
            middleware = import_string(name)(self.answer)
            if hasattr(middleware, "process_view"):
                self.view_hooks.insert(0, middleware.process_view)
            if hasattr(middleware, "process_exception"):
                self.exception_hooks.append(middleware.process_exception)
            if callable(middleware):
                self.answer = convert_exception_to_response(middleware)


class WaysIn:
    """Middleware, the last one of all: it hands each request to the chain of those from whom it comes."""

    def __init__(self, get_response: Answer) -> None:
        self.of_programs = WayIn(settings.API_MIDDLEWARE, get_response)
        self.of_people = WayIn(settings.PAGE_MIDDLEWARE, get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.way_in = self.of_programs if is_for_programs(request) else self.of_people  # type: ignore[attr-defined]
        answer: HttpResponseBase = request.way_in.answer(request)  # type: ignore[attr-defined]
        return answer

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        for hook in request.way_in.view_hooks:  # type: ignore[attr-defined]
            if answer := hook(request, view, args, kwargs):
                return cast(HttpResponseBase, answer)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        for hook in request.way_in.exception_hooks:  # type: ignore[attr-defined]
            if answer := hook(request, exception):
                return cast(HttpResponseBase, answer)
        return None


class ForPeople:
    """Middleware: the thread forgets the language of whoever it has served."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self.get_response(request)
        finally:
            translation.deactivate()


class ForPrograms:
    """Middleware: what the API needs of Django's security, common and locale middleware.

    Programs are spoken to in English, which is what a thread speaks by itself, unless they ask for something else.
    """

    def __init__(self, get_response: Answer) -> None:
        def of_an_unknown_host(request: HttpRequest) -> HttpResponseBase:
            self._check_host(request)
            return get_response(request)

        self.known_hosts: set[str | None] = set()
        self.get_response = get_response
        # A refusal is an answer like any other: it bears what answers bear.
        self.of_an_unknown_host: Any = convert_exception_to_response(of_an_unknown_host)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response: Any = (
            self._in_their_language(request) if "HTTP_ACCEPT_LANGUAGE" in request.META else self._answer(request)
        )
        headers = response.headers
        headers["X-Content-Type-Options"] = "nosniff"
        if not (response.streaming or "Content-Length" in headers):
            headers["Content-Length"] = str(len(response.content))
        return cast(HttpResponseBase, response)

    def _in_their_language(self, request: HttpRequest) -> HttpResponseBase:
        with translation.override(translation.get_language_from_request(request)):
            response = self._answer(request)
            patch_vary_headers(response, ["Accept-Language"])
            response.headers.setdefault("Content-Language", translation.get_language())
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        is_known = request.META.get("HTTP_HOST") in self.known_hosts
        return self.get_response(request) if is_known else cast(HttpResponseBase, self.of_an_unknown_host(request))

    def _check_host(self, request: HttpRequest) -> None:
        """Refuses a host that is not served. What Django has found good is good the next time as well."""
        request.get_host()
        if len(self.known_hosts) < MOST_HOSTS:
            self.known_hosts.add(request.META.get("HTTP_HOST"))
