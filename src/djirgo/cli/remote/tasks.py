"""`djirgo task`."""

import sys
from argparse import Namespace
from itertools import islice

from djirgo.cli.remote.moments import local
from djirgo.cli.remote.projects import project_id
from djirgo.cli.remote.refusals import done_or_refused
from djirgo.cli.remote.screen import Screen
from djirgo.client import Djirgo, Event, Task

FILTERS = (
    "task_status", "owner", "performer", "label", "priority", "ready", "due_before", "due_after", "updated_since",
    "search", "ordering",
)  # fmt: skip


def add(client: Djirgo, said: Namespace, screen: Screen) -> int:
    task = client.create(
        sys.stdin.read() if said.text == "-" else said.text,
        project=project_id(client, said.project),
        priority=said.priority,
        labels=said.labels,
        due_at=said.due,
        blocked_by=said.blocked_by,
    )
    screen.task(task)
    return 0


def list_(client: Djirgo, said: Namespace, screen: Screen) -> int:
    asked = {name: getattr(said, name) for name in FILTERS}
    tasks = client.tasks(project=project_id(client, said.project), page_size=min(200, said.limit + 1), **asked)
    screen.tasks(tasks if said.all else islice(tasks, said.limit))
    if not said.all and next(tasks, None):
        screen.note(f"There are more than these {said.limit}: --limit and --all show them.")
    return 0


def show(client: Djirgo, said: Namespace, screen: Screen) -> int:
    task = client.task(said.id)
    if screen.as_json:
        screen.document(task.said)
    else:
        _describe(task, screen)
    if said.history:
        for event in client.history(task):
            screen.document(event.said) if screen.as_json else screen.line(_told(event))
    return 0


def claim(client: Djirgo, said: Namespace, screen: Screen) -> int:
    if said.id:
        task = client.claim_task(said.id, lease_seconds=said.lease_seconds)
    else:
        found = client.claim(
            project=project_id(client, said.project),
            labels=said.labels,
            lease_seconds=said.lease_seconds,
            wait_seconds=said.wait_seconds,
        )
        if found is None:
            screen.note("djirgo: There is nothing to claim.")
            return 1
        task = found
    if screen.as_json:
        screen.document(task.said)
    else:
        _describe(task, screen)
    return 0


def renew(client: Djirgo, said: Namespace, screen: Screen) -> int:
    task = client.renew(said.id, lease=said.lease)
    if screen.as_json:
        screen.document(task.said)
    else:
        screen.line(f"{task.id}  leased until {local(task.lease.expires_at) if task.lease else '-'}")
    return 0


def verb(client: Djirgo, said: Namespace, screen: Screen) -> int:
    """Each task for itself: one that is refused keeps no other from its turn."""
    words = {name: getattr(said, name) for name in ("lease", "reason", "retry", "performer") if hasattr(said, name)}
    if words.get("performer") == "none":
        words["performer"] = None

    def tell(id_: int) -> None:
        screen.task(getattr(client, said.command)(id_, **words))

    return done_or_refused(tell, said.ids, screen)


def _describe(task: Task, screen: Screen) -> None:
    lease = task.lease
    screen.fields(
        {
            "id": str(task.id),
            "status": task.task_status + (", running" if task.is_running else ""),
            "owner": task.owner,
            "performer": task.performer or "",
            "project": str(task.project or ""),
            "priority": task.priority,
            "labels": ", ".join(task.labels),
            "due": local(task.due_at),
            "blocked by": ", ".join(map(str, task.blocked_by)),
            "worked": task.perform_time,
            "created": local(task.pub_date),
            "updated": local(task.updated_at),
            "attempts": str(task.attempts or ""),
            "failure": task.failure_reason or "",
            "leased until": local(lease.expires_at) if lease else "",
            "lease": (lease.token or "") if lease else "",
        }
    )
    print(flush=True)
    for line in task.text.split("\n"):
        screen.line(line)


def _told(event: Event) -> str:
    return f"{local(event.time)}  {event.type:18}  {event.actor or '-'}"
