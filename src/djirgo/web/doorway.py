"""`/`: the board for people, and for programs where to go from here."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from djirgo.web.board.views import BoardPage
from djirgo.web.refusals import is_for_a_person

board: Any = BoardPage.as_view()


@require_safe
def favicon(request: HttpRequest) -> HttpResponseBase:
    """For the pages that do not name an icon, like those of the admin."""
    return HttpResponseRedirect(static("web/icon.svg"))


@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    if is_for_a_person(request):
        return board(request)  # type: ignore[no-any-return]
    return JsonResponse({"name": "Djirgo", "api": "/api/", "schema": reverse("schema"), "docs": reverse("docs")})
