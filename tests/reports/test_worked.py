"""The sums of a report are those of the ledger, to the microsecond, however it is cut."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from djirgo.accounts.models import User
from djirgo.reports import worked as module
from djirgo.reports.period import Period
from djirgo.reports.worked import Question, ReportTooLarge, worked
from djirgo.tasks.models import Label, Membership, Project, Role, Task, WorkInterval
from djirgo.tasks.models.span import microseconds
from tests.reports.conftest import Ledger, instant
from tests.tasks.conftest import NOON

HOUR = 3_600_000_000


def asked(
    by: User,
    starts: str,
    ends: str,
    *group_by: str,
    zone: str = "UTC",
    now: str = "2027-01-01T00:00Z",
    **more: Any,
) -> dict[Any, int]:
    """The microseconds of every row, and of the total."""
    period = Period(instant(starts), instant(ends), ZoneInfo(zone))
    report = worked(Question(by, period, group_by or ("performer",), **more), now=instant(now))
    rows = {row.key[0] if len(row.key) == 1 else row.key: row.sum.microseconds for row in report.rows}
    return rows | {"total": report.total.microseconds}


def test_work_is_added_up_by_whoever_did_it(ledger: Ledger, ann: User, bob: User) -> None:
    task = ledger(ann, "2026-03-02T12:00Z", "2026-03-02T13:00Z")
    ledger(bob, "2026-03-02T13:00Z", "2026-03-02T13:00:00.000001Z", task=task)
    ledger(bob, "2026-03-03T12:00Z", "2026-03-03T14:00Z")
    assert asked(ann, "2026-03-01T00:00Z", "2026-04-01T00:00Z") == {
        "ann": HOUR, "bob": 2 * HOUR + 1, "total": 3 * HOUR + 1,
    }  # fmt: skip


def test_what_reaches_over_the_ends_of_the_period_is_cut_there(ledger: Ledger, ann: User) -> None:
    ledger(ann, "2026-03-01T23:00Z", "2026-03-02T01:00Z")
    ledger(ann, "2026-03-02T23:00Z", "2026-03-03T05:00Z")
    ledger(ann, "2026-03-01T00:00Z", "2026-03-02T00:00Z")  # touches it
    ledger(ann, "2026-03-03T00:00Z", "2026-03-04T00:00Z")
    assert asked(ann, "2026-03-02T00:00Z", "2026-03-03T00:00Z") == {"ann": 2 * HOUR, "total": 2 * HOUR}


@pytest.mark.parametrize("days", [0, 1, 31, 33, 1023, 1025, 3000])
def test_what_began_long_before_the_period_is_found(days: int, ledger: Ledger, ann: User) -> None:
    start = instant("2026-03-02T00:00Z") - timedelta(days=days, hours=1)
    ledger(ann, start.isoformat(), "2026-03-02T01:00Z")
    assert asked(ann, "2026-03-02T00:00Z", "2026-03-03T00:00Z") == {"ann": HOUR, "total": HOUR}


def test_what_is_running_counts_until_now(ledger: Ledger, ann: User) -> None:
    ledger(ann, "2026-03-02T12:00Z", None)
    period = ("2026-03-02T00:00Z", "2026-03-03T00:00Z")
    assert asked(ann, *period, now="2026-03-02T12:30Z")["total"] == HOUR // 2
    assert asked(ann, *period, now="2026-03-05T00:00Z")["total"] == 12 * HOUR
    assert asked(ann, *period, now="2026-03-02T11:00Z") == {"total": 0}


def test_an_interval_without_length_is_no_row_and_no_task(ledger: Ledger, ann: User) -> None:
    ledger(ann, "2026-03-02T12:00Z", "2026-03-02T12:00Z")
    assert asked(ann, "2026-03-01T00:00Z", "2026-04-01T00:00Z") == {"total": 0}


def test_a_task_with_two_labels_is_in_two_rows_and_once_in_the_total(ledger: Ledger, ann: User, bob: User) -> None:
    task = ledger(ann, "2026-03-02T12:00Z", "2026-03-02T13:00Z", labels=("roof", "wood"))
    ledger(bob, "2026-03-02T13:00Z", "2026-03-02T14:00Z", task=task)
    ledger(ann, "2026-03-02T12:00Z", "2026-03-02T13:00Z")
    period = Period(instant("2026-03-01T00:00Z"), instant("2026-04-01T00:00Z"), ZoneInfo("UTC"))
    report = worked(Question(ann, period, ["label"]), now=NOON)
    assert [(row.key, *row.sum) for row in report.rows] == [
        (("roof",), 2 * HOUR, 1), (("wood",), 2 * HOUR, 1), ((None,), HOUR, 1),
    ]  # fmt: skip
    assert report.total == (3 * HOUR, 2)
    assert asked(ann, "2026-03-01T00:00Z", "2026-04-01T00:00Z", "label", "performer")[("roof", "ann")] == HOUR


def test_work_over_midnight_is_of_two_days(ledger: Ledger, ann: User) -> None:
    ledger(ann, "2026-03-01T22:30Z", "2026-03-01T23:30Z")
    day = instant("2026-03-01T00:00Z").date()
    in_berlin = asked(ann, "2026-03-01T00:00Z", "2026-04-01T00:00Z", "day", zone="Europe/Berlin")
    assert in_berlin == {day: HOUR // 2, day + timedelta(days=1): HOUR // 2, "total": HOUR}
    assert asked(ann, "2026-03-01T00:00Z", "2026-04-01T00:00Z", "day") == {day: HOUR, "total": HOUR}


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
    ],
)
def test_who_works_through_a_day_on_which_the_clocks_change_works_its_hours(
    zone: str, day: str, hours: float, ledger: Ledger, ann: User
) -> None:
    middle = instant(f"{day}T12:00Z")
    start, end = (middle + timedelta(days=days) for days in (-3, 3))
    ledger(ann, start.isoformat(), end.isoformat())
    rows = asked(ann, start.isoformat(), end.isoformat(), "day", zone=zone)
    assert rows[middle.date()] == hours * HOUR
    assert rows.pop("total") == sum(rows.values()) == 6 * 24 * HOUR


def test_a_report_can_be_narrowed(ledger: Ledger, ann: User, bob: User) -> None:
    other = Project.create(name="Elsewhere", is_open=True, by=ann, at=NOON)
    ledger(ann, "2026-03-02T12:00Z", "2026-03-02T13:00Z", labels=("roof",))
    ledger(bob, "2026-03-02T12:00Z", "2026-03-02T14:00Z", project=other.pk)
    period = ("2026-03-01T00:00Z", "2026-04-01T00:00Z")
    assert asked(ann, *period, performer=bob.pk) == {"bob": 2 * HOUR, "total": 2 * HOUR}
    assert asked(ann, *period, project=other.pk) == {"bob": 2 * HOUR, "total": 2 * HOUR}
    assert asked(ann, *period, label="roof") == {"ann": HOUR, "total": HOUR}
    assert asked(ann, *period, label="roof", performer=bob.pk) == {"total": 0}
    assert asked(ann, *period, performer=0) == {"total": 0}
    assert asked(ann, *period, project=10**18) == {"total": 0}
    assert asked(ann, *period, "project") == {
        (1, "General"): HOUR, (other.pk, "Elsewhere"): 2 * HOUR, "total": 3 * HOUR,
    }  # fmt: skip


# --- Who sees what ------------------------------------------------------------------------------------------------


@pytest.fixture
def private(ledger: Ledger, ann: User, bob: User) -> Project:
    """Ann's project, in which members see only what is theirs; she and Bob have worked in it."""
    project = Project.create(name="Private", own_tasks_only=True, by=ann, at=NOON)
    Membership.objects.create(project=project, user=bob, role=Role.MEMBER, joined_at=NOON)
    ledger(ann, "2026-03-02T12:00Z", "2026-03-02T13:00Z", project=project.pk)
    ledger(bob, "2026-03-02T12:00Z", "2026-03-02T14:00Z", project=project.pk)
    return project


@pytest.mark.parametrize("group_by", ["performer", "project", "label", "day"])
def test_a_stranger_sees_nothing(group_by: str, private: Project, db: None) -> None:
    eve = User.objects.create_user("eve")
    period = ("2026-03-01T00:00Z", "2026-04-01T00:00Z")
    assert asked(eve, *period, group_by) == {"total": 0}
    assert asked(eve, *period, group_by, project=private.pk) == {"total": 0}
    assert asked(eve, *period, group_by, performer=User.objects.get(username="ann").pk) == {"total": 0}


def test_where_members_see_only_what_is_theirs_their_report_is_of_their_own_work(
    private: Project, ann: User, bob: User, boss: User
) -> None:
    period = ("2026-03-01T00:00Z", "2026-04-01T00:00Z")
    all_of_it = {"ann": HOUR, "bob": 2 * HOUR, "total": 3 * HOUR}
    for user in (ann, boss):
        assert asked(user, *period) == all_of_it
        assert asked(user, *period, performer=bob.pk) == {"bob": 2 * HOUR, "total": 2 * HOUR}
    for narrowed in ({}, {"project": private.pk}, {"performer": bob.pk}):
        assert asked(bob, *period, **narrowed) == {"bob": 2 * HOUR, "total": 2 * HOUR}
    assert asked(bob, *period, performer=ann.pk) == {"total": 0}


def test_whoever_does_not_log_in_any_more_is_still_in_the_report(ledger: Ledger, ann: User, bob: User) -> None:
    ledger(bob, "2026-03-02T12:00Z", "2026-03-02T13:00Z")
    bob.close(at=NOON)
    assert asked(ann, "2026-03-01T00:00Z", "2026-04-01T00:00Z") == {f"deleted-{bob.pk}": HOUR, "total": HOUR}


def test_a_report_of_too_many_rows_is_refused(
    ledger: Ledger, ann: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user in (ann, bob):
        ledger(user, "2026-03-02T12:00Z", "2026-03-02T13:00Z")
    monkeypatch.setattr(module, "MOST_ROWS", 1)
    with pytest.raises(ReportTooLarge):
        asked(ann, "2026-03-01T00:00Z", "2026-04-01T00:00Z")
    assert asked(ann, "2026-03-01T00:00Z", "2026-04-01T00:00Z", performer=ann.pk)["total"] == HOUR


# --- Against a sum made by hand -----------------------------------------------------------------------------------

START = datetime(2026, 3, 20, tzinfo=UTC)
TEN_MONTHS = 300 * 24 * HOUR
STRETCHES = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.integers(0, TEN_MONTHS),
        st.one_of(st.none(), st.integers(0, 10**6), st.integers(0, 40 * HOUR), st.integers(0, TEN_MONTHS)),
    ),
    max_size=12,
)
CUTS = st.lists(st.integers(0, TEN_MONTHS), min_size=2, max_size=5, unique=True)


def moment(offset: int) -> datetime:
    return START + timedelta(microseconds=offset)


@pytest.mark.django_db
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    stretches=STRETCHES,
    cuts=CUTS,
    now=st.integers(0, TEN_MONTHS),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_the_parts_of_a_period_add_up_to_the_whole_and_to_what_python_makes_of_it(
    stretches: list[tuple[int, int, int | None]], cuts: list[int], now: int, zone: str
) -> None:
    Task.objects.all().delete()
    users = [User.objects.get_or_create(username=f"worker{number}")[0] for number in range(3)]
    for who, begins, length in stretches:
        task = Task.create(by=users[0], at=START, text="Anything", labels=[f"label{who % 2}"])
        WorkInterval.objects.create(
            task=task,
            project=task.project,
            performer=users[who % 3],
            started_at=moment(begins),
            ended_at=None if length is None else moment(begins + length),
        )

    def by_hand(starts: int, ends: int, of: int) -> int:
        spans = [
            (max(begins, starts), min(ends, now if length is None else begins + length))
            for who, begins, length in stretches
            if who % 3 == of
        ]
        return sum(max(end - start, 0) for start, end in spans)

    def report(starts: int, ends: int, *group_by: str) -> Any:
        period = Period(moment(starts), moment(ends), ZoneInfo(zone))
        return worked(Question(users[0], period, group_by), now=moment(now))

    cuts.sort()
    whole = report(cuts[0], cuts[-1], "performer")
    expected = {f"worker{of}": by_hand(cuts[0], cuts[-1], of) for of in range(3)}
    assert {row.key[0]: row.sum.microseconds for row in whole.rows} == {
        name: sum_ for name, sum_ in expected.items() if sum_
    }
    assert whole.total.microseconds == sum(expected.values())
    parts = [report(*ends, "performer") for ends in pairwise(cuts)]
    assert sum(part.total.microseconds for part in parts) == whole.total.microseconds
    for group_by in (["day"], ["label"], ["project"], ["day", "performer", "label", "project"]):
        cut = report(cuts[0], cuts[-1], *group_by)
        assert sum(row.sum.microseconds for row in cut.rows) == whole.total.microseconds
        assert cut.total == whole.total
    for row in report(cuts[0], cuts[-1], "day").rows:
        day = row.key[0]
        midnights = [
            datetime(at.year, at.month, at.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
            for at in (day, day + timedelta(days=1))
        ]
        starts, ends = (min(max(microseconds(START, at), cuts[0]), cuts[-1]) for at in midnights)
        assert row.sum.microseconds == sum(by_hand(starts, ends, of) for of in range(3))
    assert Label.objects.count() == len(stretches)
