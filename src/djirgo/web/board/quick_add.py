"""A task in one line: `Mend the roof #house !high @bob ^fri`.

Everything else is the text. A word that begins with one of the four signs and is meant to stay as it is gets a
backslash in front: `\\#5`.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from djirgo.accounts.models import User
from djirgo.tasks.models import Priority, Project, Task
from djirgo.web.due import NotADay, when

WORD = re.compile(r'(?<!\S)([#!@^])(?:"([^"\n]+)"|(\S+))')
KEPT = re.compile(r"(?<!\S)\\([#!@^])")
PRIORITIES = {
    "low": Priority.LOW, "normal": Priority.NORMAL, "high": Priority.HIGH, "urgent": Priority.URGENT,
    "низкий": Priority.LOW, "обычный": Priority.NORMAL, "высокий": Priority.HIGH, "срочно": Priority.URGENT,
}  # fmt: skip


@dataclass
class Draft:
    """What a line says."""

    text: str = ""
    labels: list[str] = field(default_factory=list)
    priority: Priority | None = None
    performer: User | None = None
    due_at: datetime | None = None


def read(line: str, *, by: User, now: datetime) -> Draft:
    if "\0" in line:
        raise ValidationError(_("A task is made of letters, and not of NUL bytes."))
    draft = Draft()

    def take(word: re.Match[str]) -> str:
        READERS[word[1]](draft, word[2] or word[3], by, now)
        return ""

    rest = WORD.sub(take, line)
    draft.text = KEPT.sub(r"\1", " ".join(rest.split()))
    if not draft.text:
        raise ValidationError(_("Say what there is to do."))
    return draft


@transaction.atomic
def add(draft: Draft, project: Project, *, by: User, at: datetime) -> Task:
    """Put it in, and into somebody's hands where one was named."""
    priority = draft.priority if draft.priority is not None else Priority.NORMAL
    task = Task.create(
        text=draft.text, labels=draft.labels, priority=priority, due_at=draft.due_at, project=project, by=by, at=at
    )
    return task.assign(draft.performer, by=by, at=at) if draft.performer else task


def _label(draft: Draft, word: str, by: User, now: datetime) -> None:
    draft.labels.append(word)


def _priority(draft: Draft, word: str, by: User, now: datetime) -> None:
    found = [priority for name, priority in PRIORITIES.items() if name.startswith(word.casefold())]
    if not found:
        raise ValidationError(_("“!%(word)s” is no priority: low, normal, high or urgent.") % {"word": word})
    draft.priority = found[0]


def _performer(draft: Draft, word: str, by: User, now: datetime) -> None:
    found = by if word == "me" else User.objects.named(word).filter(is_active=True).first()
    if found is None:
        raise ValidationError(_("Nobody here is called “%(word)s”.") % {"word": word})
    draft.performer = found


def _due(draft: Draft, word: str, by: User, now: datetime) -> None:
    try:
        draft.due_at = when(word, now=now)
    except NotADay:
        raise ValidationError(
            _("“^%(word)s” is no day: say tomorrow, fri, +3d, 27.11 or 2026-11-27.") % {"word": word}
        ) from None


READERS = {"#": _label, "!": _priority, "@": _performer, "^": _due}
