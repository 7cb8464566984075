"""The stream: every event that the listener may hear of, as it happens, for whoever prefers being told to asking."""

from collections.abc import Callable

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from djirgo.events.api.views import place_in_the_log
from djirgo.live.frames import MEDIA_TYPE
from djirgo.live.stream import NoSeat, Stream
from djirgo.live.tail import end_of_the_log
from djirgo.rest.renderers import JSONRenderer
from djirgo.rest.views import GenericAPIView
from djirgo.tasks.hearing import Hearing

LAST_EVENT_ID = "Last-Event-ID"
PLACE = {"type": "integer", "format": "int64", "minimum": 0}
#: Neither browsers nor proxies may keep a stream, or keep it back.
AS_IT_COMES = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class NoRoom(APIException):
    """Every thread that may be held by a stream is."""

    status_code = 503
    default_detail = "As many streams are open as the server has room for. Ask /api/events/ every few seconds instead."
    default_code = "too_many_streams"
    wait = 30


class EventStreamRenderer(JSONRenderer):
    """What the client asks for. Only refusals are rendered by it, and are JSON; a stream is written as it is."""

    media_type = MEDIA_TYPE
    format = "events"


class EventStream(GenericAPIView):
    """Server-sent events: each has the `sequence` as its id, the type as its name, and the envelope as its data.

    It begins beyond `Last-Event-ID`, which an EventSource sends by itself when it connects again, else beyond `after`,
    else with what happens from now on. It ends after some minutes, to be opened again.
    """

    # No HEAD: it would hold a thread to say nothing.
    http_method_names = ["get", "options"]
    query_parameters = frozenset({"after"})
    renderer_classes = (EventStreamRenderer,)

    @extend_schema(
        operation_id="events_stream",
        parameters=[
            OpenApiParameter("after", PLACE),
            OpenApiParameter(LAST_EVENT_ID, PLACE, OpenApiParameter.HEADER),
        ],
        responses={(200, MEDIA_TYPE): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        place = _place(request)
        try:
            stream = Stream(end_of_the_log() if place is None else place, _looking_again(request))
        except NoSeat:
            raise NoRoom from None
        return StreamingHttpResponse(stream, content_type=MEDIA_TYPE, headers=AS_IT_COMES)


def _place(request: Request) -> int | None:
    """A browser that connects again sends the address that it had, and where it is by now."""
    said = {"after": request.query_params.get("after"), LAST_EVENT_ID: request.headers.get(LAST_EVENT_ID)}
    places = [place_in_the_log(text, field=name) for name, text in said.items() if text is not None]
    return places[-1] if places else None


def _looking_again(request: Request) -> Callable[[], Hearing | None]:
    """What the one who asked may hear of now; nothing once their token or session has ended."""

    def look() -> Hearing | None:
        try:
            found = (authenticator.authenticate(request) for authenticator in request.authenticators or ())
            user = next((user for user, _ in filter(None, found)), None)
        except APIException:
            return None
        return Hearing.of(user) if user else None

    return look
