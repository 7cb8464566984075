"""Rows that are written by a statement of our own are those that Django would have written."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F, Model

from djirgo.accounts.models import User
from djirgo.events.envelope import instant, read_instant
from djirgo.events.models import Event
from djirgo.rows import ReadAsItIs, insert_all, new
from djirgo.tasks.models import Label, Priority, Task, WorkInterval
from tests.tasks.conftest import NOON

pytestmark = pytest.mark.django_db


def _task(owner: User, number: int) -> Task:
    at = NOON + timedelta(microseconds=number * 250_000 + number)
    return Task(
        text=f"100 % of “{number}” isn't \\ %s\t{{}} \U0001f327", owner=owner, priority=Priority.HIGH,
        labels=[["it's", "a \"label\""], [], ["x"]][number % 3], due_at=at if number % 2 else None, created_at=at,
        updated_at=at, project_id=1,
    )  # fmt: skip


def _values(task: Task) -> dict[str, Any]:
    fields = (field.attname for field in Task._meta.concrete_fields if field.name != "id")
    return {name: getattr(task, name) for name in fields}


@pytest.mark.parametrize("number", [0, 1, 2, 7])
def test_however_many_are_put_in_they_are_what_django_saves(ann: User, number: int) -> None:
    ours, djangos = ([_task(ann, place) for place in range(number)] for _ in range(2))
    insert_all(ours)
    for task in djangos:
        task.save()
    assert [_values(Task.objects.get(pk=task.pk)) for task in ours] == [
        _values(Task.objects.get(pk=task.pk)) for task in djangos
    ]
    assert [task.pk for task in ours] == sorted({task.pk for task in ours})
    assert not any(task._state.adding for task in ours)


def test_a_new_one_is_what_django_makes(ann: User) -> None:
    def made(model: type[Model], **values: Any) -> list[dict[str, Any]]:
        both = [vars(new(model, **values)), vars(model(**values))]
        return [{name: value for name, value in one.items() if name not in ("_state", "uuid")} for one in both]

    for ours, djangos in (
        made(Task, owner=ann, created_at=NOON, updated_at=NOON),
        made(Label, task_id=1, name="ocr", project_id=1, is_waiting=True, priority=2, due_order=NOON),
        made(WorkInterval, task_id=1, project_id=1, performer=ann, started_at=NOON),
        made(Event, type="t", subject="s", scope="c", data={}, time=NOON),
    ):
        assert ours == djangos
    first, second = (new(Task, owner=ann) for _ in range(2))
    assert (first.owner, first._state.adding) == (ann, True)
    assert first.labels is not second.labels
    assert new(Event).uuid != new(Event).uuid
    with pytest.raises(TypeError, match="no field 'titel'"):
        new(Task, titel="Paint")


def test_what_is_read_is_what_django_reads(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    task = _task(ann, 1)
    task.save()

    def both(read: Callable[[], Any]) -> list[dict[str, Any]]:
        ours = read()
        with monkeypatch.context() as without:
            without.delattr(ReadAsItIs, "from_db")
            djangos = read()
        assert (ours._state.adding, ours._state.db) == (djangos._state.adding, djangos._state.db) == (False, "default")
        return [{name: value for name, value in vars(one).items() if name != "_state"} for one in (ours, djangos)]

    for read in (
        lambda: Task.objects.get(pk=task.pk),
        lambda: Task.objects.select_related("project", "owner", "performer").get(pk=task.pk).owner,
        lambda: Task.objects.only("text").get(pk=task.pk),
        lambda: Task.objects.defer("text").annotate(double=F("priority") * 2).get(pk=task.pk),
    ):
        ours, djangos = both(read)
        assert ours == djangos
    partly = Task.objects.only("text").get(pk=task.pk)
    assert (partly.get_deferred_fields() > {"labels"}, partly.labels) == (True, task.labels)


def test_what_an_event_says_is_the_same_written_alone_and_among_others(ann: User) -> None:
    data = {"task": {"labels": ["a"], "text": "“%s”", "version": 2**53, "due_at": None}, "actor": "ann"}
    alone, *others = (Event(type="t", subject="s", scope="c", time=NOON, data=data) for _ in range(3))
    insert_all([alone])
    insert_all(others)
    assert [event.data for event in Event.objects.order_by("id")] == [data] * 3
    assert len({event.uuid for event in Event.objects.all()}) == 3


@pytest.mark.parametrize(
    "text", ["2026-03-01 09:30:00", "2026-03-01 09:30:00.5", "2026-03-01 09:30:00.000120", "9999-12-31 23:59:59"]
)
def test_an_instant_is_shown_as_it_is_read(text: str) -> None:
    for written in (text, f"{text}+00"):
        assert instant(written) == instant(read_instant(written))
