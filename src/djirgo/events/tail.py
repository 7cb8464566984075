"""Shows what arrives in a queue, to people: a line for each message, acknowledged when it has been shown."""

import threading
from collections.abc import Callable, Iterator

from django.db import Error, close_old_connections

from djirgo.events.brokers.seam import BrokerAway, Inbox
from djirgo.events.message import Message
from djirgo.events.positions import LeaseLost

IDLE_SECONDS = 0.1
PAUSE_SECONDS = 1.0


def follow(
    inbox: Inbox, show: Callable[[Message], object], say: Callable[[str], object], stop: threading.Event
) -> None:
    """`show` the text of every message, and `say` when the queue is out of reach and when it is back."""
    away = False
    while not stop.is_set():
        try:
            shown = show_waiting(inbox, show, stop)
        except (BrokerAway, Error, LeaseLost) as problem:
            if not away:
                say(f"{problem} Trying again until it is back.")
            away = True
            close_old_connections()
            stop.wait(PAUSE_SECONDS)
        else:
            if away:
                say("It is back.")
            away = False
            if not shown:
                stop.wait(IDLE_SECONDS)


def show_waiting(inbox: Inbox, show: Callable[[Message], object], stop: threading.Event) -> bool:
    messages = inbox.take()
    for message in messages:
        if stop.is_set():
            break
        show(message)
        inbox.settle([message])
        inbox.acknowledge([message])
    return bool(messages)


def line(message: Message) -> str:
    """`2026-03-01 09:30:00  task.started  tasks/17  ann  In_Progress  Buy milk`

    What was said about a task stands behind it: `…  Buy milk  “@bob, which kind?”  to bob`.
    """
    task = message.data.get("task") or {}
    actor = message.data.get("actor") or "-"
    words = [f"{message.time:%Y-%m-%d %H:%M:%S}", f"{message.type:16}", f"{message.subject:12}", f"{actor:12}"]
    words += [f"{task.get('task_status', '-'):11}", _title(task.get("text", "")), *_said(message)]
    return "  ".join(words).rstrip()


def _said(message: Message) -> Iterator[str]:
    if comment := message.data.get("comment"):
        yield f"“{_title(comment.get('text', ''))}”"
    if mentioned := message.data.get("mentioned"):
        yield f"to {mentioned}"


def _title(text: str) -> str:
    """The first line, without what would move a terminal's cursor."""
    first, _, _ = text.partition("\n")
    return "".join(letter if letter.isprintable() else " " for letter in first)[:80]
