"""How somebody wants it to look, and where they have looked last: kept by their browser."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from djirgo.web.page import back_to
from djirgo.web.shell import THEME_COOKIE, THEMES

A_YEAR = 365 * 24 * 3600


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    answer = HttpResponseRedirect(back_to(request, "/"))
    theme = request.POST.get("theme")
    if theme in THEMES:
        keep(answer, THEME_COOKIE, theme, request)
    return answer


def keep(answer: HttpResponse, cookie: str, word: str, request: HttpRequest) -> None:
    answer.set_cookie(cookie, word, max_age=A_YEAR, samesite="Lax", secure=request.is_secure())
