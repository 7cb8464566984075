"""What happened to a task and what was said about it, told in sentences."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from djirgo.events.models import Event
from djirgo.tasks import events
from djirgo.tasks.models import Comment, Task, Verb
from djirgo.web.templatetags.djirgo import due_words, moment, priority_name, status_name

SAID = (events.COMMENT_ADDED, events.COMMENT_EDITED, events.USER_MENTIONED)
#: The newest so many are shown.
MOST = 100
ITSELF = "Djirgo"

SENTENCES: Mapping[str, str | Promise] = {
    events.CREATED: gettext_lazy("%(who)s put it in"),
    events.TYPE_OF[Verb.START]: gettext_lazy("%(who)s started it"),
    events.TYPE_OF[Verb.PAUSE]: gettext_lazy("%(who)s stopped the clock"),
    events.TYPE_OF[Verb.RESUME]: gettext_lazy("%(who)s went on"),
    events.TYPE_OF[Verb.RELEASE]: gettext_lazy("%(who)s gave it back"),
    events.TYPE_OF[Verb.COMPLETE]: gettext_lazy("%(who)s completed it"),
    events.TYPE_OF[Verb.FAIL]: gettext_lazy("%(who)s gave up on it"),
    events.TYPE_OF[Verb.CANCEL]: gettext_lazy("%(who)s cancelled it"),
    events.TYPE_OF[Verb.REOPEN]: gettext_lazy("%(who)s opened it again"),
    events.TYPE_OF[Verb.EXPIRE]: gettext_lazy("The lease ran out"),
    events.TYPE_OF[Verb.EDIT]: gettext_lazy("%(who)s changed it"),
    events.COMMENT_DELETED: gettext_lazy("%(who)s deleted a comment"),
}
ICONS: Mapping[str, str] = {
    events.CREATED: "plus",
    events.TYPE_OF[Verb.ASSIGN]: "user",
    events.TYPE_OF[Verb.START]: "play",
    events.TYPE_OF[Verb.PAUSE]: "pause",
    events.TYPE_OF[Verb.RESUME]: "play",
    events.TYPE_OF[Verb.RELEASE]: "undo-2",
    events.TYPE_OF[Verb.COMPLETE]: "check",
    events.TYPE_OF[Verb.FAIL]: "triangle-alert",
    events.TYPE_OF[Verb.CANCEL]: "ban",
    events.TYPE_OF[Verb.REOPEN]: "rotate-ccw",
    events.TYPE_OF[Verb.EXPIRE]: "hourglass",
    events.TYPE_OF[Verb.EDIT]: "pencil",
    events.COMMENT_DELETED: "trash-2",
}
#: The fields that people write, as the form of a task calls them.
FIELDS: Mapping[str, str | Promise] = {
    "text": gettext_lazy("text"),
    "priority": gettext_lazy("priority"),
    "labels": gettext_lazy("labels"),
    "due_at": pgettext_lazy("of a task", "due"),
    "blocked_by": gettext_lazy("waits for"),
    "project": gettext_lazy("project"),
    "performer": gettext_lazy("performer"),
    "task_status": gettext_lazy("status"),
}


@dataclass(frozen=True)
class Change:
    """A field, and what it was and is; a text is only said to have changed."""

    title: str | Promise
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Entry:
    """A sentence, or what somebody said."""

    at: datetime
    icon: str = "circle"
    sentence: str = ""
    changes: Sequence[Change] = field(default_factory=tuple)
    reason: str = ""
    comment: Comment | None = None


def timeline(task: Task) -> list[Entry]:
    """The newest first. What was said is told by the comments themselves, as they are now."""
    happened = Event.objects.about(events.subject(task.pk)).exclude(type__in=SAID).order_by("-id")[:MOST]
    said = task.comments.to_be_shown().order_by("-id")[:MOST]
    entries = [*map(_entry, happened), *(Entry(comment.created_at, comment=comment) for comment in said)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def changes(changed: Mapping[str, Mapping[str, Any]]) -> Iterator[Change]:
    for name, title in FIELDS.items():
        if name == "text" and name in changed:
            yield Change(title)
        elif name in changed:
            yield Change(title, _value(name, changed[name]["from"]), _value(name, changed[name]["to"]))


def _entry(event: Event) -> Entry:
    who = event.data["actor"] or ITSELF
    if correction := event.data.get("correction"):
        return _correction(event, who, correction)
    is_edit = event.type == events.TYPE_OF[Verb.EDIT]
    return Entry(
        at=event.time,
        icon=ICONS.get(event.type, "circle"),
        sentence=_assigned(event, who) if event.type == events.TYPE_OF[Verb.ASSIGN] else _sentence(event.type, who),
        changes=tuple(changes(event.data["changed"])) if is_edit else (),
        reason=_reason(event),
    )


def _correction(event: Event, who: str, correction: Mapping[str, Any]) -> Entry:
    was = _span(correction["was"]) if correction["was"] else _("nothing")
    change = Change(correction["performer"], was, _span(correction["is"]))
    return Entry(event.time, "clock", _("%(who)s corrected the time") % {"who": who}, (change,), correction["reason"])


def _span(span: Mapping[str, str]) -> str:
    started, ended = parse_datetime(span["started_at"]), parse_datetime(span["ended_at"])
    return f"{moment(started)} – {moment(ended)}" if started and ended else ""


def _sentence(type_: str, who: str) -> str:
    return str(SENTENCES.get(type_, f"%(who)s: {type_}")) % {"who": who}


def _assigned(event: Event, who: str) -> str:
    whom = event.data["task"]["performer"]
    if whom is None:
        return _("%(who)s took it out of everybody's hands") % {"who": who}
    if whom == event.data["actor"]:
        return _("%(who)s took it") % {"who": who}
    return _("%(who)s gave it to %(whom)s") % {"who": who, "whom": whom}


def _reason(event: Event) -> str:
    if event.type in (events.TYPE_OF[Verb.FAIL], events.TYPE_OF[Verb.EXPIRE]):
        return event.data["task"]["failure_reason"] or ""
    assignment = event.data.get("assignment") or {}
    return "" if assignment.get("rule", "manual") == "manual" else assignment.get("reason", "")


def _value(name: str, value: Any) -> str:
    if value in (None, [], ""):
        return _("nothing")
    if name == "due_at":
        due = parse_datetime(value)
        return due_words(due) if due else str(value)
    if name in SHOWN:
        return str(SHOWN[name](value))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


SHOWN: Mapping[str, Callable[[Any], str]] = {
    "priority": priority_name,
    "task_status": status_name,
    "blocked_by": lambda ids: ", ".join(f"#{pk}" for pk in ids),
}
