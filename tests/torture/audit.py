"""What has to hold when all is done, by what the database says and what everybody was told.

Run inside `djirgo shell`.
"""

import json
from collections import Counter, defaultdict
from pathlib import Path

from djirgo.events.models import DeadLetter, Event
from djirgo.tasks.models import Attempt, Task
from djirgo.tasks.models.count import TaskCount
from tests.tasks.holds import follows_the_state_machine, is_in_its_place, is_timed, is_what_its_history_says
from tests.torture.claimed import compare_claims
from tests.torture.heard import compare_messages
from tests.torture.journals import messages_in, notes_in
from tests.torture.promised import compare_promises
from tests.torture.rules import Audit, Rule


def audit(staged: int, home: str) -> None:
    """Prints the number of checks, and what did not hold."""
    audited = Audit()
    events = list(Event.objects.order_by("id"))
    histories: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        histories[event.subject].append(event)
    tasks = list(Task.objects.select_related("owner", "performer", "project").order_by("pk"))
    for task in tasks:
        _look_at(task, histories[f"tasks/{task.pk}"], audited)
    _look_at_counts(tasks, audited)
    given_up = list(DeadLetter.objects.all())
    audited.check(Rule.HEALED, not given_up, f"given up were {given_up}")
    compare_claims(list(notes_in(Path(home) / "claimers")), histories, audited)
    compare_promises(staged, list(notes_in(Path(home) / "senders")), tasks, histories, audited)
    compare_messages(list(messages_in(Path(home))), events, audited)
    print(json.dumps({"checks": audited.checks, "violations": audited.violations}))


def _look_at(task: Task, history: list[Event], audited: Audit) -> None:
    audited.check(Rule.HEALED, task.status == "Completed", f"{task.pk} is {task.status}")
    completed = [event for event in history if event.type == "task.completed"]
    audited.check(Rule.ONCE, len(completed) <= 1, f"{task.pk} was completed {len(completed)} times")
    expired = sum(event.type == "task.lease_expired" for event in history)
    spent = Attempt.objects.filter(task=task, is_expiry=True).count()
    audited.check(Rule.ONCE, expired == spent, f"{task.pk}: {expired} leases ran out, {spent} attempts were spent")
    audited.no_complaint(Rule.MACHINE, lambda: follows_the_state_machine(history), task.pk)
    audited.no_complaint(Rule.TOLD, lambda: is_what_its_history_says(task, history), task.pk)
    audited.no_complaint(Rule.TIMED, lambda: is_timed(task, list(task.intervals.all())), task.pk)
    audited.no_complaint(Rule.TOLD, lambda: is_in_its_place(task), task.pk)
    blockers = Task.objects.filter(pk__in=task.blocked_by).values_list("completed_at", flat=True)
    is_after = all(done and task.started_at and done <= task.started_at for done in blockers)
    audited.check(Rule.MACHINE, is_after, f"{task.pk} began before its blockers ended")


def _look_at_counts(tasks: list[Task], audited: Audit) -> None:
    """The consumer that keeps them has dealt with each event once."""
    there_are = Counter((task.project_id, task.status) for task in tasks)
    counted = {(row.project, row.status): row.number for row in TaskCount.objects.exclude(number=0)}
    audited.check(Rule.ONCE, counted == there_are, f"there are {there_are}, and counted were {counted}")
