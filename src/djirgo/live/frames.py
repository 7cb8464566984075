"""Events as a browser's EventSource reads them (the HTML standard, *Server-sent events*)."""

import orjson

from djirgo.events.envelope import envelope
from djirgo.events.models import Event

MEDIA_TYPE = "text/event-stream"


def opening(place: int, *, retry_seconds: float) -> bytes:
    """Where the stream begins, so that one that is cut before its first event resumes from there."""
    return f"retry: {int(retry_seconds * 1000)}\nid: {place}\n\n".encode()


def frame(event: Event) -> bytes:
    """No line of JSON breaks, so that an envelope is one line of `data`."""
    return f"id: {event.sequence}\nevent: {event.type}\ndata: ".encode() + orjson.dumps(envelope(event)) + b"\n\n"


def sign_of_life(place: int) -> bytes:
    """A comment. The id beside it is no event, and lets whoever resumes begin behind what they do not hear of."""
    return f": still here\nid: {place}\n\n".encode()
