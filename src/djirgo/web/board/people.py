"""Who can be given a task of a project."""

from djirgo.accounts.models import User
from djirgo.tasks.models import Project, Role

#: More than that are found by typing their name.
MOST = 200


def people_of(project: Project) -> list[str]:
    """The usernames of those who work there, the first of them where there are many."""
    people = User.objects.open().filter(is_active=True)
    if not project.is_open:
        people = people.filter(memberships__project=project, memberships__role__gte=Role.MEMBER)
    return list(people.order_by("username_folded").values_list("username", flat=True)[:MOST])
