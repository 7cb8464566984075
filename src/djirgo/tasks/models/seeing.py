"""Who may see a task: what `visible_to` asks of tasks, asked of people."""

from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from djirgo.accounts.models import User
from djirgo.tasks.models.membership import Membership, Role

if TYPE_CHECKING:
    from djirgo.tasks.models.task import Task


def who_sees(task: "Task") -> QuerySet[User]:
    """Those who may see it, and can log in to do so."""
    people = User.objects.filter(is_active=True)
    project, members = task.project, Membership.objects.filter(project=task.project_id)
    takes_part = Q() if project.is_open else Q(pk__in=members.values("user"))
    if project.own_tasks_only:
        managers = members.filter(role__gte=Role.MANAGER).values("user")
        takes_part &= Q(pk__in=[task.owner_id, task.performer_id or task.owner_id]) | Q(pk__in=managers)
    return people.filter(takes_part | Q(is_staff=True)) if takes_part else people
