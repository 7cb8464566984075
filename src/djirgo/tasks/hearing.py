"""Who hears of which events: whoever may see what they are about."""

from django.db.models import F, Q

from djirgo.accounts.models import User
from djirgo.tasks import events
from djirgo.tasks.models import Project


def heard_by(user: User) -> Q:
    """Everything of the projects that they see whole; where they see only their own tasks, what is about those.

    What happens to a project and its members is heard by all who see it.
    """
    if user.is_staff:
        return Q()
    whole, own = Project.objects.seen_by(user)
    heard = Q(scope__in=[events.scope(project) for project in whole])
    if own:
        name = user.username
        about_them = Q(data__task__owner=name) | Q(data__task__performer=name) | Q(data__changed__performer__from=name)
        heard |= Q(scope__in=[events.scope(project) for project in own]) & (about_them | Q(subject=F("scope")))
    return heard


def told_of_a_task(user: User) -> Q:
    """Of the history of a task that they see: what happened in projects that they see, and not where it was before."""
    if user.is_staff:
        return Q()
    whole, own = Project.objects.seen_by(user)
    return Q(scope__in=[events.scope(project) for project in whole + own])
