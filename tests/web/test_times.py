"""Putting the time ledger right, on the page of a task."""

from datetime import timedelta

import pytest

from djirgo.accounts.models import User
from djirgo.tasks.models import Task, WorkInterval

from .conftest import NOON, Browser, text_of


@pytest.fixture
def worked(task: Task, bob: User) -> Task:
    """Mended by bob from noon on, for an hour, a second and half a one."""
    return task.start(by=bob, at=NOON).complete(by=bob, at=NOON + timedelta(hours=1, seconds=1.5))


def span(**more: str) -> dict[str, str]:
    said = {"started_at": "2026-03-02T12:00:00", "ended_at": "2026-03-02T12:30:00", "reason": "Lunch"}
    return said | more


def address(task: Task) -> str:
    return f"/tasks/{task.pk}/times/{task.intervals.get().pk}/"


def test_a_stretch_is_corrected_and_what_was_stays_readable(bobs: Browser, worked: Task) -> None:
    page = text_of(bobs.part(address(worked), span()))
    assert WorkInterval.objects.get().ended_at == NOON + timedelta(minutes=30)
    assert "<del>2 Mar 12:00 – 2 Mar 13:00</del>" in page
    assert "bob: Lunch" in page
    assert "bob corrected the time" in page


def test_what_was_not_changed_stays_to_the_microsecond(bobs: Browser, worked: Task) -> None:
    bobs.part(address(worked), span(started_at="2026-03-02T11:00", ended_at="2026-03-02T13:00:01"))
    interval = WorkInterval.objects.get()
    assert (interval.started_at, interval.ended_at) == (
        NOON - timedelta(hours=1),
        NOON + timedelta(hours=1, seconds=1.5),
    )


def test_forgotten_time_is_added(bobs: Browser, worked: Task, bob: User) -> None:
    said = span(started_at="2026-03-02T09:00", ended_at="2026-03-02T10:00", reason="Forgot the clock")
    page = text_of(bobs.part(f"/tasks/{worked.pk}/times/", said))
    assert "02:00:01" in page
    assert WorkInterval.objects.filter(performer=bob).count() == 2


def test_a_time_is_said_where_the_person_is(bobs: Browser, worked: Task) -> None:
    bobs.cookies["timezone"] = "Europe/Moscow"
    assert 'value="2026-03-02T15:00:00"' in text_of(bobs.get(f"/tasks/{worked.pk}/"))
    bobs.part(address(worked), span(started_at="2026-03-02T15:00:00", ended_at="2026-03-02T15:10:00"))
    assert WorkInterval.objects.get().ended_at == NOON + timedelta(minutes=10)


@pytest.mark.parametrize(
    "said",
    [{"reason": ""}, {"reason": " "}, {"ended_at": "2026-03-02T11:00"}, {"ended_at": "2999-01-01T00:00"},
     {"started_at": ""}, {"started_at": "soon"}, {"started_at": "0001-01-01T00:00"}, {"reason": "a\0b"}],
)  # fmt: skip
def test_a_correction_that_cannot_be_is_refused(said: dict[str, str], bobs: Browser, worked: Task) -> None:
    page = text_of(bobs.part(address(worked), span(**said)))
    assert 'class="field-error"' in page
    assert WorkInterval.objects.get().ended_at == NOON + timedelta(hours=1, seconds=1.5)


def test_the_time_of_others_is_for_managers(anns: Browser, worked: Task) -> None:
    assert "/times/" not in text_of(anns.get(f"/tasks/{worked.pk}/"))
    assert anns.part(address(worked), span()).status_code == 403


@pytest.mark.parametrize("pk", [0, 10**18, 10**40])
def test_a_stretch_that_is_not_there_is_not_found(pk: int, bobs: Browser, worked: Task) -> None:
    assert bobs.part(f"/tasks/{worked.pk}/times/{pk}/", span()).status_code == 404
