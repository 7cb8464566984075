"""The feed: every event, in the order of the log, for whoever prefers asking to being told."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from djirgo.events.api.serializers import FeedOutput
from djirgo.events.envelope import envelope
from djirgo.events.models import Event
from djirgo.rest.pages import DEFAULT_SIZE, LARGEST_SIZE, page_size, same_address
from djirgo.rest.response import Response
from djirgo.rest.views import GenericAPIView


def nobody(user: object) -> Q:
    return Q(pk__in=[])


class EventFeed(GenericAPIView):
    """Events beyond a place in the log. The `sequence` of the last one is the `after` of the next question."""

    #: Which events a user may hear of; the addresses say, because it depends on what is above us.
    heard_by: Callable[[Any], Q] = staticmethod(nobody)

    query_parameters = frozenset({"after", "page_size"})
    serializer_class = FeedOutput

    @extend_schema(
        operation_id="events_list",
        parameters=[
            OpenApiParameter("after", {"type": "integer", "format": "int64", "minimum": 0, "default": 0}),
            OpenApiParameter(
                "page_size", {"type": "integer", "minimum": 1, "maximum": LARGEST_SIZE, "default": DEFAULT_SIZE}
            ),
        ],
        responses=FeedOutput,
    )
    def get(self, request: Request) -> Response:
        size = page_size(request)
        after = place_in_the_log(request.query_params.get("after", "0"), field="after")
        heard = Event.objects.after(after).filter(self.heard_by(request.user))
        found = list(heard[: size + 1])
        page = found[:size]
        more = same_address(request, after=str(page[-1].sequence)) if len(found) > size else None
        return Response({"next": more, "previous": None, "results": [envelope(event) for event in page]})


def place_in_the_log(text: str, *, field: str) -> int:
    """The `sequence` that somebody names."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) < 2**63):
        raise ValidationError({field: ["This is no sequence of an event."]}, code="invalid")
    return int(text)
