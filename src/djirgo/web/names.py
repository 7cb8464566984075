"""What the domain calls by a word, as people call it in their language."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from djirgo.distribution.dispatch import Offer
from djirgo.distribution.why import Cause, Why
from djirgo.tasks.models import Task

ROLES: Mapping[str, str | Promise] = {
    "viewer": gettext_lazy("Viewer"),
    "member": gettext_lazy("Member"),
    "manager": gettext_lazy("Manager"),
    "owner": pgettext_lazy("of a project", "Owner"),
}
ROLE_HINTS: Mapping[str, str | Promise] = {
    "viewer": gettext_lazy("sees everything"),
    "member": gettext_lazy("puts tasks in and works on them"),
    "manager": gettext_lazy("looks after tasks, members and how work is given out"),
    "owner": gettext_lazy("makes owners, and can delete the project"),
}
#: A policy that an installation has added goes by its own name.
POLICIES: Mapping[str, str | Promise] = {
    "manual": gettext_lazy("People pick their tasks, or are assigned"),
    "round_robin": gettext_lazy("In turn: whoever was given something least recently"),
    "least_loaded": gettext_lazy("Whoever has the fewest open tasks"),
}
SCOPES: Mapping[str, str | Promise] = {
    "read": gettext_lazy("Read"),
    "write": gettext_lazy("Write"),
    "work": gettext_lazy("Work"),
}
CAUSES: Mapping[Cause, str | Promise] = {
    Cause.BLOCKED: gettext_lazy("%(tasks)s has to be finished first."),
    Cause.POLICY_IS_MANUAL: gettext_lazy("Nothing is given out here: people pick, or are assigned."),
    Cause.NO_MEMBERS: gettext_lazy("The project has no members who could be given anything."),
    Cause.SKILLS_MISSING: gettext_lazy("No member has all of the skills: %(skills)s."),
    Cause.NOBODY_AVAILABLE: gettext_lazy("Whoever could take it is away."),
    Cause.ALL_AT_LIMIT: gettext_lazy("Everybody who could take it is at their limit."),
    Cause.NEXT_IN_LINE: gettext_lazy("It is given out next."),
}


def why_words(task: Task, why: Why) -> str:
    """Why it waits."""
    said = {"tasks": ", ".join(f"#{pk}" for pk in task.blocked_by), "skills": ", ".join(why.skills)}
    return str(CAUSES[why.cause]) % said


def reason_words(offer: Offer) -> str:
    """Why this performer. The policies speak English, and know more than the names of their rules."""
    if (get_language() or "en").startswith("en"):
        return offer.reason
    return _("by the rule “%(rule)s”") % {"rule": POLICIES.get(offer.rule, offer.rule)}
