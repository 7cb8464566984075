"""Which verbs somebody can use on a task now, by the rules and by its state. The domain has the last word."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from djirgo.accounts.models import User
from djirgo.tasks.models import Status, Task, Verb
from djirgo.tasks.models.rules import may
from djirgo.tasks.models.status import FROM


@dataclass(frozen=True)
class Button:
    verb: Verb
    title: str | Promise
    icon: str
    is_main: bool = False
    is_quiet: bool = False
    key: str = ""


BUTTONS: Sequence[Button] = (
    Button(Verb.START, _("Start"), "play", is_main=True, key="s"),
    Button(Verb.COMPLETE, _("Complete"), "check", is_main=True, key="d"),
    Button(Verb.RESUME, _("Resume"), "play", key="p"),
    Button(Verb.PAUSE, _("Pause"), "pause", key="p"),
    Button(Verb.RELEASE, _("Give back"), "undo-2"),
    Button(Verb.REOPEN, _("Reopen"), "rotate-ccw", is_main=True),
    Button(Verb.CANCEL, _("Cancel the task"), "ban", is_quiet=True),
)
#: The verbs that need words, and so have forms of their own.
WITH_WORDS = (Verb.FAIL, Verb.DELETE)
#: What the holder of a lease does only with its token.
FENCED = frozenset({Verb.COMPLETE, Verb.PAUSE, Verb.RESUME, Verb.RELEASE, Verb.FAIL, Verb.CANCEL})
#: Those that a browser may name in an address.
NAMED: Mapping[str, Verb] = {button.verb.value: button.verb for button in BUTTONS}


def buttons(task: Task, user: User, *, has_lease: bool) -> Iterator[Button]:
    return (button for button in BUTTONS if is_possible(button.verb, task, user, has_lease=has_lease))


def is_possible(verb: Verb, task: Task, user: User, *, has_lease: bool) -> bool:
    if task.status not in FROM[verb] or not may(user, verb, task):
        return False
    if verb in FENCED and task.is_leased and task.performer_id == user.pk and not has_lease:
        return False
    return {
        Verb.START: task.status == Status.NEW and not task.is_blocked,
        Verb.PAUSE: task.is_running,
        Verb.RESUME: not task.is_running,
    }.get(verb, True)
