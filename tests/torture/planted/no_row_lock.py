"""Nobody keeps others from the row that they are about to change."""

from collections.abc import Callable
from functools import cache

from djirgo.statements import Slot, Statement
from djirgo.tasks import claim
from djirgo.tasks.models import Task
from djirgo.tasks.models.queryset import TaskQuerySet
from tests.torture.planted import put_in_place_of


def plant() -> None:
    rows = Task.objects.filter(pk=Slot("id")).select_related("owner", "performer", "project")
    put_in_place_of(Task, "_row_to_change", Statement(lambda: rows))
    put_in_place_of(claim, "_take", take)


@cache
def take(find: Callable[..., TaskQuerySet], number: int) -> Statement[Task]:
    return Statement(lambda: claim._with_slots(find).values_list("id")[:number])
