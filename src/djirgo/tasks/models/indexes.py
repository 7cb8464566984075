"""How tasks are read: every list, queue, column and report is a walk over one of these, as the plans' tests see to."""

from django.db.models import Index, Q

from djirgo.tasks.models.status import FINISHED, Status

# Each list of the API is one of these, read in either direction. They end in the id, as every order does.
INDEXES = [
    Index(fields=["status", "id"], name="task_status"),
    Index(fields=["owner", "id"], name="task_owner"),
    Index(fields=["performer", "id"], name="task_performer"),
    # PostgreSQL does not see that an index that starts with the performer keeps those without in order.
    Index(fields=["id"], condition=Q(performer=None), name="task_nobodys"),
    Index(fields=["priority", "id"], name="task_priority"),
    Index(fields=["created_at", "id"], name="task_created"),
    Index(fields=["updated_at", "id"], name="task_updated"),
    Index(fields=["due_order", "id"], name="task_due"),
    Index(fields=["project", "status", "id"], name="task_project_status"),
    Index(fields=["project", "id"], name="task_project"),
    # The queue: what waits in a project, and what waits for somebody, most urgent first.
    Index(
        fields=["project", "-priority", "due_order", "id"],
        condition=Q(status=Status.NEW, performer=None, is_blocked=False),
        name="task_queue",
    ),
    # The same in piles, one for each set of labels, so that those that nobody can take are stepped over whole.
    Index(
        fields=["project", "label_set", "-priority", "due_order", "id"],
        condition=Q(status=Status.NEW, performer=None, is_blocked=False),
        name="task_piles",
    ),
    Index(
        fields=["performer", "-priority", "due_order", "id"],
        condition=Q(status=Status.NEW, performer__isnull=False, is_blocked=False),
        name="task_queue_of_performer",
    ),
    Index(
        fields=["project", "performer"],
        condition=Q(status__in=[Status.NEW, Status.IN_PROGRESS], performer__isnull=False),
        name="task_load",
    ),
    # What was finished when, and how long it took: read by the reports.
    Index(
        fields=["project", "completed_at", "created_at", "started_at", "worked_microseconds"],
        condition=Q(status=Status.COMPLETED),
        name="task_flow",
    ),
    # What was finished and is old enough to go.
    Index(fields=["updated_at"], condition=Q(status__in=sorted(FINISHED)), name="task_finished"),
    Index(fields=["lease_expires_at"], condition=Q(lease_expires_at__isnull=False), name="task_lease"),
    # The board: the columns that `task_project_status` has in another order. A task stands in one of them.
    *(
        Index(
            fields=["project", "-priority", "due_order", "id"],
            condition=Q(status=status),
            name=f"task_board_{status.name.lower()}",
        )
        for status in (Status.NEW, Status.IN_PROGRESS)
    ),
    Index(
        fields=["project", "completed_at", "id"],
        condition=Q(status=Status.COMPLETED),
        name="task_board_completed",
    ),
]
