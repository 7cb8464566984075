"""What waits in a project, in piles: one for each set of labels, most urgent first.

Whoever can do one task of a pile can do them all. So a pile that nobody can take is stepped over whole, and what it
costs to look is the number of piles and of tasks given, and not the number of tasks that wait.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from djirgo.tasks.models import Project, Task

#: As many are looked at in one go. Of more of them it is some others each time, so that none is forgotten.
MOST_PILES = 1000
#: How many tasks are taken from a pile at once.
HANDFUL = 10

# The first task of every pile, by stepping from one to the next over the index `task_piles`. The same statement on both
# databases; the ORM has no recursion. A pile is asked for as a range, so that no index that keeps the queue's order,
# but not the piles apart, looks as good.
FIRST_OF_EACH = """
    WITH RECURSIVE pile (label_set, place) AS (
        SELECT (SELECT label_set FROM tasks_task
                WHERE project_id = %(project)s AND NOT is_blocked AND performer_id IS NULL AND status = 'New'
                    AND label_set >= %(beginning)s
                ORDER BY label_set LIMIT 1), 1
        UNION ALL
        SELECT (SELECT label_set FROM tasks_task
                WHERE project_id = %(project)s AND NOT is_blocked AND performer_id IS NULL AND status = 'New'
                    AND label_set > pile.label_set
                ORDER BY label_set LIMIT 1), place + 1
        FROM pile WHERE label_set IS NOT NULL AND place < %(most)s
    )
    SELECT (SELECT id FROM tasks_task
            WHERE project_id = %(project)s AND NOT is_blocked AND performer_id IS NULL AND status = 'New'
                AND label_set >= pile.label_set AND label_set <= pile.label_set
            ORDER BY label_set, priority DESC, due_order, id LIMIT 1)
    FROM pile WHERE label_set IS NOT NULL
"""

#: In the order of the queue.
Place = tuple[int, datetime, int]


@dataclass(eq=False)
class Pile:
    """The tasks that wait with one set of labels. Where they are to be given out, each is locked when it is taken."""

    project: Project
    label_set: str
    labels: Sequence[str]
    is_locking: bool
    #: Of its first task; None where one has to look.
    place: Place | None
    _taken: list[Task] = field(default_factory=list)
    _seen: int = 0

    def first(self) -> Place | None:
        """The place of its first task; None once there is none, or none that nobody else is just taking."""
        if self.place is None and self._look():
            self.place = _place(self._taken[0])
        return self.place

    def take(self) -> Task | None:
        self.place = None
        return self._taken.pop(0) if self._look() else None

    def _look(self) -> bool:
        """Tasks that others have locked are stepped over, so that whoever gives out work waits for nobody."""
        if not self._taken:
            waiting = self.project.tasks.waiting().filter(label_set=self.label_set).most_urgent_first()
            if self.is_locking:
                self._taken = list(waiting.select_for_update(of=("self",), skip_locked=True)[:HANDFUL])
            else:
                self._taken = list(waiting[self._seen : self._seen + HANDFUL])
                self._seen += len(self._taken)
        return bool(self._taken)


def piles(project: Project, *, is_locking: bool) -> list[Pile]:
    """What waits; for giving it out, or only to look."""
    firsts = _firsts(project, beginning="")
    if len(firsts) == MOST_PILES:
        firsts += _firsts(project, beginning=secrets.token_hex(32))
    return [
        Pile(project, task.label_set, task.labels, is_locking, _place(task))
        for task in Task.objects.filter(pk__in=firsts).only("label_set", "labels", "priority", "due_order")
    ]


def _firsts(project: Project, *, beginning: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(FIRST_OF_EACH, {"project": project.pk, "beginning": beginning, "most": MOST_PILES})
        return [id_ for (id_,) in cursor.fetchall() if id_ is not None]


def _place(task: Task) -> Place:
    return -task.priority, task.due_order, task.pk
