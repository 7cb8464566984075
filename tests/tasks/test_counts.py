"""The number of tasks in every status, told from the events alone."""

from collections.abc import Callable
from datetime import datetime

from djirgo.accounts.models import User
from djirgo.events.message import Message
from djirgo.events.models import Event
from djirgo.tasks.consumers import count_by_status
from djirgo.tasks.models import Task
from djirgo.tasks.models.count import counts

NOTHING = {"New": 0, "In_Progress": 0, "Completed": 0, "Failed": 0, "Cancelled": 0}


def tell_all() -> None:
    count_by_status([Message.of(event) for event in Event.objects.order_by("?")])


def test_without_tasks_every_status_counts_nothing(db: None) -> None:
    assert counts() == NOTHING


def test_the_counts_are_those_of_the_table_in_whatever_order_the_events_come(
    ann: User, bob: User, after: Callable[..., datetime]
) -> None:
    tasks = [Task.create(by=ann, at=after(), text=f"Task {number}") for number in range(5)]
    tasks[0].start(by=bob, at=after(minutes=1))
    tasks[1].start(by=bob, at=after(minutes=1)).complete(by=bob, at=after(minutes=2)).reopen(
        by=ann, at=after(minutes=3)
    )
    tasks[2].cancel(by=ann, at=after(minutes=1))
    tasks[3].edit(by=ann, at=after(minutes=1), text="Same status")
    tasks[4].delete_for_good(by=ann, at=after(minutes=1))
    tell_all()
    assert counts() == NOTHING | {"New": 2, "In_Progress": 1, "Cancelled": 1}
