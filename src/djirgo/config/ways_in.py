"""Programs and people come in by different ways: what belongs to pages costs the API nothing.

The settings say which middleware each of the two has: `API_MIDDLEWARE` and `PAGE_MIDDLEWARE`. What stands before this
one, in `MIDDLEWARE`, is everybody's.
"""

from collections.abc import Callable, Sequence
from typing import Any

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
    """A chain of middleware, made as Django makes its own."""

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
            self.answer = convert_exception_to_response(middleware)


class WaysIn:
    """Middleware, the last one of all: it hands each request to the chain of those from whom it comes."""

    def __init__(self, get_response: Answer) -> None:
        self.of_programs = WayIn(settings.API_MIDDLEWARE, get_response)
        self.of_people = WayIn(settings.PAGE_MIDDLEWARE, get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer: HttpResponseBase = self._of(request).answer(request)
        return answer

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        return _first(hook(request, view, args, kwargs) for hook in self._of(request).view_hooks)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        return _first(hook(request, exception) for hook in self._of(request).exception_hooks)

    def _of(self, request: HttpRequest) -> WayIn:
        return self.of_programs if is_for_programs(request) else self.of_people


class ForPrograms:
    """Middleware: what the API needs of Django's security, common and locale middleware.

    Programs are spoken to in English, unless they ask for something else. It is said each time, because the thread may
    have spoken another language to somebody else.
    """

    def __init__(self, get_response: Answer) -> None:
        def of_a_host_that_is_served(request: HttpRequest) -> HttpResponseBase:
            self._check_host(request)
            return get_response(request)

        self.known_hosts: set[str | None] = set()
        # A refusal is an answer like any other: it bears what answers bear.
        self.get_response: Any = convert_exception_to_response(of_a_host_that_is_served)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        asks = "HTTP_ACCEPT_LANGUAGE" in request.META
        translation.activate(translation.get_language_from_request(request) if asks else settings.LANGUAGE_CODE)
        response: Any = self.get_response(request)
        response.headers["X-Content-Type-Options"] = "nosniff"
        if not (response.streaming or "Content-Length" in response.headers):
            response.headers["Content-Length"] = str(len(response.content))
        if asks:
            patch_vary_headers(response, ["Accept-Language"])
            response.headers.setdefault("Content-Language", translation.get_language())
        answer: HttpResponseBase = response
        return answer

    def _check_host(self, request: HttpRequest) -> None:
        """Refuses a host that is not served. What Django has found good is good the next time as well."""
        host = request.META.get("HTTP_HOST")
        if host not in self.known_hosts:
            request.get_host()
            if len(self.known_hosts) < MOST_HOSTS:
                self.known_hosts.add(host)


def _first(answers: Any) -> HttpResponseBase | None:
    return next(filter(None, answers), None)
