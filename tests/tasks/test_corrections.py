"""The time ledger over HTTP, and putting it right: nothing that was is lost, and the sum moves along."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.errors import DomainError
from djirgo.events.models import Event
from djirgo.tasks.models import Correction, Membership, Project, Role, Task, WorkInterval
from djirgo.tasks.models.correction import IntervalRunning, InvalidInterval, InvalidReason, OverlappingWork
from djirgo.tasks.models.rules import NotAllowed
from djirgo.tasks.models.span import EPOCH, MICROSECOND, Span, microseconds, since_epoch
from djirgo.tasks.models.work import REACHES
from tests.tasks.conftest import NOON
from tests.tasks.test_api import problem, wrong_fields

Clock = Callable[..., datetime]
Clients = Callable[[User], APIClient]


@pytest.fixture
def worked(task: Task, bob: User, after: Clock) -> Task:
    """Bob has worked on it for an hour, and then for a second one; it is completed."""
    task.start(by=bob, at=after()).pause(by=bob, at=after(hours=1))
    return task.resume(by=bob, at=after(hours=2)).complete(by=bob, at=after(hours=3))


def first(task: Task) -> WorkInterval:
    return task.intervals.order_by("started_at")[0]


def shown(task: Task) -> Any:
    return Task.objects.get(pk=task.pk).shown(now=NOON)


# --- What is corrected --------------------------------------------------------------------------------------------


def test_a_correction_moves_the_interval_the_sum_the_version_and_leaves_an_event(
    worked: Task, bob: User, after: Clock
) -> None:
    version = worked.version
    worked.correct_time(first(worked).pk, ended_at=after(minutes=30), reason=" Lunch ", by=bob, at=after(hours=9))
    assert first(worked).ended_at == after(minutes=30)
    assert (shown(worked)["perform_seconds"], shown(worked)["version"]) == (5400, version + 1)
    event = Event.objects.latest("id")
    assert (event.type, event.data["actor"]) == ("task.updated", "bob")
    assert event.data["changed"] == {
        "perform_time": {"from": "02:00:00", "to": "01:30:00"},
        "perform_seconds": {"from": 7200, "to": 5400},
    }
    assert event.data["correction"] == {
        "interval": first(worked).pk,
        "performer": "bob",
        "reason": "Lunch",
        "was": {"started_at": "2026-03-02T12:00:00.000000Z", "ended_at": "2026-03-02T13:00:00.000000Z"},
        "is": {"started_at": "2026-03-02T12:00:00.000000Z", "ended_at": "2026-03-02T12:30:00.000000Z"},
    }


def test_what_was_is_kept_however_often_it_is_corrected(worked: Task, bob: User, boss: User, after: Clock) -> None:
    interval = first(worked)
    worked.correct_time(interval.pk, ended_at=after(minutes=30), reason="Lunch", by=bob, at=after(hours=9))
    worked.correct_time(interval.pk, started_at=after(minutes=10), reason="Late", by=boss, at=after(hours=10))
    kept = [(c.by, c.at, c.reason, c.was) for c in interval.corrections.order_by("id")]
    assert kept == [
        (bob, after(hours=9), "Lunch", Span(after(), after(hours=1))),
        (boss, after(hours=10), "Late", Span(after(), after(minutes=30))),
    ]


@pytest.mark.parametrize("moved", [timedelta(microseconds=1), timedelta(minutes=-90)])
def test_a_correction_that_the_task_does_not_show_is_told_all_the_same(
    moved: timedelta, worked: Task, bob: User, after: Clock
) -> None:
    """Less than a second, or the same time at another hour."""
    version = worked.version
    span = {"started_at": after() + moved, "ended_at": after(hours=1) + moved}
    worked.correct_time(first(worked).pk, **span, reason="So it was", by=bob, at=after(hours=9))
    assert (first(worked).started_at, shown(worked)["version"]) == (after() + moved, version + 1)
    assert Event.objects.latest("id").data["correction"]["is"]["started_at"] != "2026-03-02T12:00:00.000000Z"


def test_a_stretch_that_was_wrong_altogether_has_no_length_any_more_and_is_in_nobodys_way(
    worked: Task, bob: User, after: Clock
) -> None:
    worked.correct_time(first(worked).pk, ended_at=after(), reason="I was asleep", by=bob, at=after(hours=9))
    assert shown(worked)["perform_seconds"] == 3600
    span = Span(after(minutes=-10), after(minutes=10))
    worked.add_time(bob, span, reason="This is what I did", by=bob, at=after(hours=9))
    assert shown(worked)["perform_seconds"] == 4800


def test_the_clock_goes_on_running_while_an_earlier_stretch_is_corrected(worked: Task, bob: User, after: Clock) -> None:
    worked.reopen(by=bob, at=after(hours=4)).start(by=bob, at=after(hours=5))
    worked.correct_time(first(worked).pk, ended_at=after(minutes=1), reason="Short", by=bob, at=after(hours=6))
    worked.refresh_from_db()
    assert worked.is_running
    assert worked.shown(now=after(hours=6))["perform_seconds"] == 3600 + 60 + 3600


def test_a_forgotten_stretch_is_written_down(worked: Task, bob: User, after: Clock) -> None:
    added = worked.add_time(bob, Span(after(hours=-2), after(hours=-1)), reason="Forgot", by=bob, at=after(hours=9))
    assert shown(worked)["perform_seconds"] == 3 * 3600
    assert added.corrections.get().was is None
    assert Event.objects.latest("id").data["correction"]["was"] is None


def test_first_start_and_completion_stay_what_the_verbs_made_them(worked: Task, bob: User, after: Clock) -> None:
    before = shown(worked)
    worked.add_time(bob, Span(after(hours=-2), after(hours=-1)), reason="Forgot", by=bob, at=after(hours=9))
    assert {name: shown(worked)[name] for name in ("started_at", "completed_at")} == {
        name: before[name] for name in ("started_at", "completed_at")
    }


# --- What is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "refusal"),
    [
        (30, 20, InvalidInterval),  # ends before it starts
        (0, 60 * 10, InvalidInterval),  # in the future
        (0, 121, OverlappingWork),  # into the next
        (-10, 240, OverlappingWork),  # around the next
        (130, 140, OverlappingWork),  # inside the next
    ],
)
def test_what_cannot_have_been_is_refused_and_changes_nothing(
    start: int, end: int, refusal: type[DomainError], worked: Task, bob: User, after: Clock
) -> None:
    before, events = shown(worked), Event.objects.count()
    span = {"started_at": after(minutes=start), "ended_at": after(minutes=end)}
    with pytest.raises(refusal):
        worked.correct_time(first(worked).pk, **span, reason="So", by=bob, at=after(hours=9))
    assert (shown(worked), Event.objects.count(), Correction.objects.count()) == (before, events, 0)


def test_stretches_may_touch(worked: Task, bob: User, after: Clock) -> None:
    worked.correct_time(first(worked).pk, ended_at=after(hours=2), reason="No break", by=bob, at=after(hours=9))
    assert shown(worked)["perform_seconds"] == 3 * 3600


def test_what_is_running_cannot_be_corrected_nor_written_over(task: Task, bob: User, after: Clock) -> None:
    task.start(by=bob, at=after())
    with pytest.raises(IntervalRunning):
        task.correct_time(first(task).pk, started_at=after(hours=-1), reason="Earlier", by=bob, at=after(hours=1))
    with pytest.raises(OverlappingWork):
        task.add_time(bob, Span(after(hours=-1), after(minutes=1)), reason="Also", by=bob, at=after(hours=1))


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
def test_a_correction_says_why(reason: str, worked: Task, bob: User, after: Clock) -> None:
    with pytest.raises(InvalidReason):
        worked.correct_time(first(worked).pk, ended_at=after(minutes=1), reason=reason, by=bob, at=after(hours=9))
    assert first(worked).ended_at == after(hours=1)


def test_time_is_corrected_by_whoever_worked_and_by_managers(
    worked: Task, ann: User, bob: User, boss: User, after: Clock
) -> None:
    """Ann, who owns the task, has not worked on it."""
    eve = User.objects.create_user("eve")
    for user in (ann, eve):
        with pytest.raises(NotAllowed):
            worked.correct_time(first(worked).pk, ended_at=after(minutes=9), reason="No", by=user, at=after(hours=9))
        with pytest.raises(NotAllowed):
            worked.add_time(user, Span(after(hours=-2), after(hours=-1)), reason="No", by=user, at=after(hours=9))
    for user in (bob, boss):
        worked.correct_time(first(worked).pk, ended_at=after(minutes=8), reason="Yes", by=user, at=after(hours=9))


def test_nobody_but_a_manager_writes_down_time_for_others(worked: Task, ann: User, bob: User, after: Clock) -> None:
    span = Span(after(hours=-2), after(hours=-1))
    with pytest.raises(NotAllowed):
        worked.add_time(ann, span, reason="She helped", by=bob, at=after(hours=9))
    boss = User.objects.create_user("chief", is_staff=True)
    assert worked.add_time(ann, span, reason="She helped", by=boss, at=after(hours=9)).performer == ann
    worked.correct_time(first(worked).pk, ended_at=after(hours=-1), reason="Less", by=ann, at=after(hours=9))


def test_whoever_has_worked_may_correct_their_own_time_when_the_task_is_anothers(
    task: Task, ann: User, bob: User, after: Clock
) -> None:
    task.start(by=bob, at=after()).release(by=bob, at=after(hours=1))
    task.start(by=ann, at=after(hours=2)).complete(by=ann, at=after(hours=3))
    mine, hers = task.intervals.order_by("started_at")
    task.correct_time(mine.pk, ended_at=after(minutes=5), reason="Mine", by=bob, at=after(hours=9))
    with pytest.raises(NotAllowed):
        task.correct_time(hers.pk, ended_at=after(hours=2), reason="Hers", by=bob, at=after(hours=9))


def test_a_leased_task_needs_no_lease_to_be_corrected(task: Task, bob: User, after: Clock) -> None:
    task.start(by=bob, at=after()).release(by=bob, at=after(hours=1))
    task.claim(lease_seconds=600, by=bob, at=after(hours=2))
    task.correct_time(first(task).pk, ended_at=after(minutes=5), reason="Yes", by=bob, at=after(hours=2))
    assert task.is_leased


# --- What the database sees to ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "is_refused"),
    [
        (10, 20, True),
        (-10, 1, True),
        (59, 70, True),
        (-10, 70, True),
        (-10, None, True),
        (130, None, True),
        (60, 120, False),
        (-10, 0, False),
        (30, 30, False),
        (180, None, False),
    ],
)
def test_the_database_lets_the_intervals_of_a_task_share_no_time(
    start: int, end: int | None, is_refused: bool, worked: Task, bob: User, after: Clock
) -> None:
    ended_at = None if end is None else after(minutes=end)

    def write() -> None:
        with transaction.atomic():
            WorkInterval.objects.create(
                task=worked, project=worked.project, performer=bob, started_at=after(minutes=start), ended_at=ended_at
            )

    if is_refused:
        with pytest.raises(IntegrityError):
            write()
    else:
        write()


def test_the_database_lets_no_interval_grow_into_another(worked: Task, after: Clock) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkInterval.objects.filter(pk=first(worked).pk).update(ended_at=after(hours=2, microseconds=1))
    WorkInterval.objects.filter(pk=first(worked).pk).update(ended_at=after(hours=2))


def test_the_time_of_a_task_goes_with_it_into_another_project(worked: Task, ann: User, bob: User, after: Clock) -> None:
    other = Project.create(name="Elsewhere", is_open=True, by=ann, at=after())
    worked.edit(project=other, by=ann, at=after(hours=9))
    assert set(worked.intervals.values_list("project", flat=True)) == {other.pk}
    worked.reopen(by=bob, at=after(hours=10)).start(by=bob, at=after(hours=11))
    assert worked.intervals.running().get().project == other


INSTANTS = st.integers(-2_208_000_000_000_000, 7_258_000_000_000_000).map(lambda it: EPOCH + it * MICROSECOND)


@pytest.mark.django_db
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(start=INSTANTS, length=st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(days=2000))))
def test_the_databases_count_microseconds_as_we_do(start: datetime, length: timedelta | None) -> None:
    user, _ = User.objects.get_or_create(username="worker")
    task = Task.objects.first() or Task.create(by=user, at=NOON, text="Anything")
    interval = task.intervals.first() or WorkInterval.objects.create(
        task=task, project=task.project, performer=user, started_at=NOON
    )
    end = None if length is None else start + length
    WorkInterval.objects.filter(pk=interval.pk).update(started_at=start, ended_at=end)
    begins, ends, reach = task.intervals.values_list("begins", "ends", "reach").get()
    assert (begins, ends) == (since_epoch(start), end and since_epoch(end))
    fits = [kind for kind, longest in enumerate(REACHES) if end and microseconds(start, end) <= longest]
    assert reach == min(fits, default=len(REACHES) - 1)


STEP = st.tuples(
    st.sampled_from(["start", "pause", "resume", "release", "complete", "reopen", "correct", "add"]),
    st.integers(0, 10**10),
    st.integers(0, 10**10),
)


@pytest.mark.django_db
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEP, max_size=14))
@example(steps=[("start", 50, 0), ("pause", 0, 0), ("release", 100, 0), ("add", 10, 150)])
@example(steps=[("start", 50, 0), ("pause", 0, 0), ("resume", 0, 0)])
def test_the_sum_is_that_of_the_intervals_whatever_is_done_and_corrected(steps: list[tuple[str, int, int]]) -> None:
    user, _ = User.objects.get_or_create(username="worker", is_staff=True)
    task = Task.create(by=user, at=NOON, text="Anything")
    now = NOON
    for verb, passed, other in steps:
        now += timedelta(microseconds=passed)
        span = Span(now - timedelta(microseconds=max(passed, other)), now - timedelta(microseconds=min(passed, other)))
        last = task.intervals.order_by("id").last()
        try:
            if verb == "add":
                task.add_time(user, span, reason="Forgot", by=user, at=now)
            elif verb == "correct":
                task.correct_time(last.pk if last else 0, **span._asdict(), reason="Wrong", by=user, at=now)
            else:
                getattr(task, verb)(by=user, at=now)
        except DomainError:
            pass
        task.refresh_from_db()
        ended = task.intervals.filter(ended_at__isnull=False).values_list("started_at", "ended_at")
        assert task.worked_microseconds == sum(microseconds(*span) for span in ended)
    # One that ended as it began shares no time with anything, wherever it lies.
    lasting = task.intervals.exclude(ended_at__lte=F("started_at")).order_by("started_at")
    spans = lasting.values_list("started_at", "ended_at")
    assert all(end is not None and end <= start for (_, end), (start, _) in pairwise(spans))
    assert task.version == Event.objects.about(f"tasks/{task.pk}").count()


# --- Over HTTP ----------------------------------------------------------------------------------------------------


def address(task: Task, interval: WorkInterval | None = None) -> str:
    return f"/api/tasks/{task.pk}/intervals/" + (f"{interval.pk}/" if interval else "")


def test_the_intervals_are_listed_oldest_first_with_their_corrections(
    worked: Task, bob: User, bobs: APIClient, after: Clock
) -> None:
    worked.correct_time(first(worked).pk, ended_at=after(seconds=1.5), reason="Short", by=bob, at=after(hours=9))
    answer = bobs.get(address(worked), {"page_size": 1}).json()
    assert answer["results"] == [
        {
            "id": first(worked).pk,
            "performer": "bob",
            "started_at": "2026-03-02T12:00:00.000000Z",
            "ended_at": "2026-03-02T12:00:01.500000Z",
            "seconds": 1,
            "microseconds": 1_500_000,
            "corrections": [
                {
                    "by": "bob",
                    "at": "2026-03-02T21:00:00.000000Z",
                    "reason": "Short",
                    "was": {"started_at": "2026-03-02T12:00:00.000000Z", "ended_at": "2026-03-02T13:00:00.000000Z"},
                }
            ],
        }
    ]
    (second,) = bobs.get(answer["next"]).json()["results"]
    assert (second["started_at"], second["corrections"]) == ("2026-03-02T14:00:00.000000Z", [])


def test_an_interval_that_is_running_has_no_end_and_counts_until_now(task: Task, bob: User, bobs: APIClient) -> None:
    task.start(by=bob, at=NOON)
    (interval,) = bobs.get(address(task)).json()["results"]
    assert interval["ended_at"] is None
    assert interval["seconds"] > 0


def test_a_page_of_intervals_takes_as_many_queries_however_often_they_were_corrected(
    worked: Task, bobs: APIClient, bob: User, after: Clock, django_assert_num_queries: Any
) -> None:
    for minute in range(5):
        worked.correct_time(
            first(worked).pk, ended_at=after(minutes=minute), reason="Once more", by=bob, at=after(hours=9)
        )
    with django_assert_num_queries(4):  # projects, task, intervals, corrections
        bobs.get(address(worked))


def test_an_interval_is_corrected_over_http(worked: Task, bobs: APIClient) -> None:
    body = {"ended_at": "2026-03-02T13:30:00+01:00", "reason": "Lunch"}
    answer = bobs.patch(address(worked, first(worked)), body, format="json")
    assert answer.status_code == 200
    assert (answer.json()["seconds"], len(answer.json()["corrections"])) == (1800, 1)
    assert bobs.get(f"/api/tasks/{worked.pk}/").json()["perform_seconds"] == 5400


def test_an_interval_is_written_down_over_http(worked: Task, bobs: APIClient, boss: User, client_of: Clients) -> None:
    body = {"started_at": "2026-03-02T08:00:00Z", "ended_at": "2026-03-02T09:00:00Z", "reason": "Forgot"}
    answer = bobs.post(address(worked), body, format="json")
    assert (answer.status_code, answer.json()["performer"], answer.json()["seconds"]) == (201, "bob", 3600)
    problem(bobs.post(address(worked), body, format="json"), 409, "overlapping_interval")
    body |= {"started_at": "2026-03-02T09:00:00Z", "ended_at": "2026-03-02T10:00:00Z", "performer": "ann"}
    problem(bobs.post(address(worked), body, format="json"), 403, "not_allowed")
    assert client_of(boss).post(address(worked), body, format="json").json()["performer"] == "ann"


def test_a_correction_at_another_version_than_it_was_meant_for_is_refused(worked: Task, bobs: APIClient) -> None:
    body = {"ended_at": "2026-03-02T12:30:00Z", "reason": "Lunch"}
    problem(bobs.patch(address(worked, first(worked)), body, format="json", HTTP_IF_MATCH='"1"'), 412, "stale_version")
    assert bobs.patch(
        address(worked, first(worked)), body, format="json", HTTP_IF_MATCH=f'"{worked.version}"'
    ).status_code == 200  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"ended_at": "2026-03-02T12:30:00Z"}, "reason"),
        ({"ended_at": "2026-03-02T12:30:00Z", "reason": " "}, "reason"),
        ({"ended_at": "2026-03-02T12:30:00Z", "reason": "nul \x00"}, "reason"),
        ({"ended_at": "2026-03-02T12:30:00Z", "reason": 7}, "reason"),
        ({"ended_at": "2026-03-02T12:30:00Z", "reason": "x" * 10**6}, "reason"),
        ({"ended_at": "yesterday", "reason": "So"}, "ended_at"),
        ({"ended_at": None, "reason": "So"}, "ended_at"),
        ({"ended_at": "2999-01-01T00:00:00Z", "reason": "So"}, "ended_at"),
        ({"ended_at": "0001-01-01T00:00:00+14:00", "reason": "So"}, "ended_at"),
        ({"started_at": "2026-03-02T13:30:00Z", "reason": "So"}, "ended_at"),
        ({"reason": "So"}, "non_field_errors"),
        ({"ended_at": "2026-03-02T12:30:00Z", "reason": "So", "because": "x"}, "because"),
    ],
)
def test_a_bad_correction_names_the_field_and_changes_nothing(
    body: dict[str, Any], field: str, worked: Task, bobs: APIClient
) -> None:
    before = shown(worked)
    assert wrong_fields(bobs.patch(address(worked, first(worked)), body, format="json")) == {field}
    assert (shown(worked), Correction.objects.count()) == (before, 0)


@pytest.mark.parametrize("performer", ["nobody", "", None, 7, "x" * 151])
def test_time_is_written_down_for_somebody_who_is_there(performer: Any, worked: Task, bobs: APIClient) -> None:
    body = {"started_at": "2026-03-02T08:00:00Z", "ended_at": "2026-03-02T09:00:00Z", "reason": "Forgot"}
    answer = bobs.post(address(worked), body | {"performer": performer}, format="json")
    assert wrong_fields(answer) == {"performer"}


def test_the_intervals_of_another_task_are_not_there(worked: Task, ann: User, bobs: APIClient) -> None:
    other = Task.create(by=ann, at=NOON, text="Something else")
    body = {"ended_at": "2026-03-02T12:30:00Z", "reason": "Lunch"}
    problem(bobs.patch(f"{address(other)}{first(worked).pk}/", body, format="json"), 403, "not_allowed")
    problem(bobs.patch(f"{address(worked)}{10**17}/", body, format="json"), 404, "not_found")


def test_whoever_does_not_see_the_task_sees_nothing_of_its_time(ann: User, bob: User, client_of: Clients) -> None:
    private = Project.create(name="Private", by=ann, at=NOON)
    Membership.objects.create(project=private, user=bob, role=Role.VIEWER, joined_at=NOON)
    task = Task.create(by=ann, at=NOON, text="Secret", project=private).start(by=ann, at=NOON)
    task.pause(by=ann, at=NOON + timedelta(hours=1))
    eve = client_of(User.objects.create_user("eve"))
    body = {"ended_at": "2026-03-02T12:30:00Z", "reason": "Lunch"}
    problem(eve.get(address(task)), 404, "not_found")
    problem(eve.patch(address(task, first(task)), body, format="json"), 404, "not_found")
    looking_on = client_of(bob)
    assert len(looking_on.get(address(task)).json()["results"]) == 1
    problem(looking_on.patch(address(task, first(task)), body, format="json"), 403, "not_allowed")
