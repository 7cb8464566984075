"""How somebody wants it to look: kept by their browser."""

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
        answer.set_cookie(THEME_COOKIE, theme, max_age=A_YEAR, samesite="Lax", secure=request.is_secure())
    return answer
