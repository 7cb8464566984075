"""What is old enough goes, and nothing else."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from itertools import count

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from djirgo.accounts.models import ApiToken, Scope, User
from djirgo.events.models import DeadLetter, Event, Receipt
from djirgo.ops import retention
from djirgo.ops.schedule import jobs
from djirgo.rest.models import IdempotencyKey
from djirgo.tasks.models import Label, Task, WorkInterval
from tests.ops.conftest import NOW, days_ago, published_up_to

YEAR = timedelta(days=365)


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention.time, "sleep", lambda seconds: None)


def leave_receipts(number: int, *, days: float) -> None:
    Receipt.objects.bulk_create(Receipt(consumer="c", event=uuid.uuid4(), at=days_ago(days)) for _ in range(number))


def test_an_old_published_event_goes_and_a_young_one_stays(happened: Callable[..., Event]) -> None:
    old, young = happened(ago=2 * YEAR), happened(ago=timedelta(days=1))
    published_up_to(young.sequence)
    assert retention.prune(at=NOW)["events"] == 1
    assert [event.pk for event in Event.objects.all()] == [young.pk]
    assert old.pk != young.pk


def test_an_old_event_that_is_not_yet_published_stays(happened: Callable[..., Event]) -> None:
    published, waiting = happened(ago=3 * YEAR), happened(ago=2 * YEAR)
    published_up_to(published.sequence)
    assert retention.prune(at=NOW)["events"] == 1
    assert Event.objects.get() == waiting


def test_an_old_event_that_has_no_place_in_the_log_yet_stays(happened: Callable[..., Event]) -> None:
    unnumbered = happened(ago=2 * YEAR, numbered=False)
    published_up_to(10**9)
    assert retention.prune(at=NOW)["events"] == 0
    assert Event.objects.get() == unnumbered


def test_what_is_kept_for_ever_stays(happened: Callable[..., Event], settings: pytest.FixtureRequest) -> None:
    settings.KEEP_EVENTS = timedelta(0)
    published_up_to(happened(ago=100 * YEAR).sequence)
    assert retention.prune(at=NOW)["events"] == 0
    assert Event.objects.count() == 1


def test_a_dry_run_counts_and_deletes_nothing(db: None) -> None:
    leave_receipts(3, days=31)
    output = StringIO()
    call_command("prune", "--dry-run", stdout=output)
    assert ["receipts", "30", "days", "3"] in [line.split() for line in output.getvalue().splitlines()]
    assert "would go" in output.getvalue()
    assert Receipt.objects.count() == 3


def test_the_command_says_what_went(db: None) -> None:
    leave_receipts(3, days=31)
    leave_receipts(2, days=29)
    output = StringIO()
    call_command("prune", stdout=output)
    assert ["receipts", "30", "days", "3"] in [line.split() for line in output.getvalue().splitlines()]
    assert ["finished_tasks", "for", "ever", "0"] in [line.split() for line in output.getvalue().splitlines()]
    assert Receipt.objects.count() == 2


def test_rows_go_in_batches(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 10)
    leave_receipts(25, days=31)
    with CaptureQueriesContext(connection) as queries:
        assert retention.prune(at=NOW)["receipts"] == 25
    deletes = [query for query in queries if 'DELETE FROM "events_receipt"' in query["sql"]]
    assert len(deletes) == 3


def test_writers_get_a_rest_after_every_full_batch(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    monkeypatch.setattr(retention, "BATCH", 10)
    monkeypatch.setattr(retention.time, "sleep", rests.append)
    leave_receipts(25, days=31)
    retention.prune(at=NOW)
    assert len(rests) == 2
    assert min(rests) > 0


def test_a_job_leaves_the_rest_for_the_next_time_and_says_so(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 10)
    monkeypatch.setattr(retention, "TURN_SECONDS", 0)
    leave_receipts(25, days=31)
    assert retention.prune_a_little(NOW)
    assert Receipt.objects.count() == 15
    assert retention.prune_a_little(NOW)
    assert not retention.prune_a_little(NOW)
    assert Receipt.objects.count() == 0


def test_a_job_goes_on_while_its_turn_lasts(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 10)
    leave_receipts(25, days=31)
    assert not retention.prune_a_little(NOW)
    assert Receipt.objects.count() == 0


def test_a_job_lets_no_kind_wait_for_another(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 10)
    monkeypatch.setattr(retention, "TURN_SECONDS", 0)
    DeadLetter.objects.bulk_create(
        DeadLetter(consumer="c", event=uuid.uuid4(), envelope={}, reason="", at=days_ago(400)) for _ in range(25)
    )
    leave_receipts(25, days=31)
    assert retention.prune_a_little(NOW)
    assert (DeadLetter.objects.count(), Receipt.objects.count()) == (15, 15)


def test_a_job_rests_for_most_of_its_time(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine times as long as the batch took, which took a second here; who waits for the command waits for less."""
    ticks, rests = count(), []
    monkeypatch.setattr(retention, "BATCH", 10)
    monkeypatch.setattr(retention.time, "monotonic", lambda: float(next(ticks)))
    monkeypatch.setattr(retention.time, "sleep", rests.append)
    receipts = next(kind for kind in retention.KINDS if kind.name == "receipts")
    leave_receipts(25, days=31)
    for share in (retention.SHARE_OF_JOB, retention.SHARE_OF_COMMAND):
        assert retention.Drain(receipts, at=NOW, share=share).step()
    assert rests == [pytest.approx(9), pytest.approx(1)]


def test_a_batch_is_looked_for_where_the_last_one_ended(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What went before is still in the index, and is not walked over again."""
    monkeypatch.setattr(retention, "BATCH", 10)
    for days in range(31, 56):
        leave_receipts(1, days=days)
    with CaptureQueriesContext(connection) as queries:
        retention.prune(at=NOW)
    looks = [query["sql"] for query in queries if query["sql"].startswith('SELECT "events_receipt"')]
    assert ['"events_receipt"."at" >= ' in look for look in looks] == [False, True, True]
    assert Receipt.objects.count() == 0


def test_rows_of_one_moment_go_though_they_are_more_than_a_batch(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 10)
    leave_receipts(35, days=31)
    assert retention.prune(at=NOW)["receipts"] == 35


@pytest.mark.parametrize("table", ["events_event", "events_receipt"])
def test_what_has_gone_is_swept_out_of_the_indexes_before_it_is_much(db: None, table: str) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite takes what is deleted out of its indexes at once")
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE oid = %s::regclass", [table])
        assert cursor.fetchone() == (["autovacuum_vacuum_scale_factor=0.02"],)


def test_pruning_is_a_job_of_the_worker() -> None:
    assert retention.prune_a_little in [job.run for job in jobs()]


def test_a_row_that_got_a_new_life_since_it_was_chosen_stays(db: None) -> None:
    key = IdempotencyKey.objects.create(
        scope="user:1", key="k", fingerprint="", running_until=days_ago(2), created_at=days_ago(2)
    )
    kind = next(kind for kind in retention.KINDS if kind.name == "idempotency_keys")
    old = kind.old(NOW)
    chosen = list(old.values_list("pk", flat=True))
    IdempotencyKey.objects.update(created_at=NOW)
    assert kind.delete(old, chosen, NOW) == 0
    assert IdempotencyKey.objects.get() == key


def test_tokens_that_have_long_expired_go_and_the_others_stay(ann: User) -> None:
    def token(name: str, expires_at: datetime | None) -> ApiToken:
        made, _ = ApiToken.issue(name, [Scope.READ], acting_as=ann, expires_at=expires_at, by=ann, at=days_ago(400))
        return made

    token("long dead", days_ago(8))
    staying = {token("lately dead", days_ago(6)), token("alive", NOW + YEAR), token("for ever", None)}
    assert retention.prune(at=NOW)["api_tokens"] == 1
    assert set(ApiToken.objects.all()) == staying


def test_finished_tasks_stay_unless_asked_for(ann: User) -> None:
    task = Task.create(by=ann, at=days_ago(400), text="Old")
    task.cancel(by=ann, at=days_ago(399))
    assert retention.prune(at=NOW)["finished_tasks"] == 0
    assert Task.objects.count() == 1


def test_finished_tasks_go_by_the_door_of_the_domain(ann: User, settings: pytest.FixtureRequest) -> None:
    settings.KEEP_FINISHED_TASKS = timedelta(days=30)
    finished = Task.create(by=ann, at=days_ago(400), text="Finished long ago")
    finished.cancel(by=ann, at=days_ago(399))
    lately = Task.create(by=ann, at=days_ago(400), text="Finished lately")
    lately.cancel(by=ann, at=days_ago(1))
    unfinished = Task.create(by=ann, at=days_ago(400), text="Never finished")
    assert retention.prune(at=NOW)["finished_tasks"] == 1
    assert set(Task.objects.all()) == {lately, unfinished}
    assert Event.objects.filter(type="task.deleted").get().data["actor"] is None


def test_tasks_go_many_at_once(ann: User, settings: pytest.FixtureRequest) -> None:
    settings.KEEP_FINISHED_TASKS = timedelta(days=30)
    tasks = Task.create_many([{"text": "Old", "labels": ["house"]}] * 30, by=ann, at=days_ago(400))
    for task in tasks:
        task.start(by=ann, at=days_ago(399))
        task.complete(by=ann, at=days_ago(398))
    before = Event.objects.count()
    with CaptureQueriesContext(connection) as queries:
        assert retention.prune(at=NOW)["finished_tasks"] == 30
    assert len([query for query in queries if 'DELETE FROM "tasks_task"' in query["sql"]]) == 1
    assert (Task.objects.count(), WorkInterval.objects.count(), Label.objects.count()) == (0, 0, 0)
    told = Event.objects.order_by("id")[before:]
    assert [event.subject for event in told] == [f"tasks/{task.pk}" for task in tasks]
    assert {(event.type, event.data["actor"], event.data["task"]["version"]) for event in told} == {
        ("task.deleted", None, 4)
    }


def test_what_is_told_of_many_is_what_is_told_of_one(ann: User, settings: pytest.FixtureRequest) -> None:
    settings.KEEP_FINISHED_TASKS = timedelta(days=30)
    one, other = Task.create_many([{"text": "Old", "labels": ["house"]}] * 2, by=ann, at=days_ago(400))
    for task in (one, other):
        task.cancel(by=ann, at=days_ago(399))
    one.delete_for_good(by=None, at=NOW)
    retention.prune(at=NOW)
    first, second = Event.objects.filter(type="task.deleted").order_by("id")
    assert second.data == first.data | {"task": first.data["task"] | {"id": other.pk}}
    assert second.subject == f"tasks/{other.pk}"
    assert (first.type, first.scope, first.time) == (second.type, second.scope, second.time)


def test_a_task_that_is_opened_again_while_it_is_its_turn_stays(ann: User, settings: pytest.FixtureRequest) -> None:
    settings.KEEP_FINISHED_TASKS = timedelta(days=30)
    task = Task.create(by=ann, at=days_ago(400), text="Old")
    task.cancel(by=ann, at=days_ago(399))
    kind = next(kind for kind in retention.KINDS if kind.name == "finished_tasks")
    old = kind.old(NOW)
    chosen = list(old.values_list("pk", flat=True))
    task.reopen(by=ann, at=NOW)
    assert kind.delete(old, chosen, NOW) == 0
    assert Task.objects.get() == task


def test_those_that_wait_for_a_task_are_told_that_its_time_is_over(ann: User, settings: pytest.FixtureRequest) -> None:
    settings.KEEP_FINISHED_TASKS = timedelta(days=30)
    blocker, other = Task.create_many([{"text": "Old"}] * 2, by=ann, at=days_ago(400))
    waiting = Task.create(by=ann, at=days_ago(400), text="Young", blocked_by=[blocker.pk])
    for task in (blocker, other):
        task.cancel(by=ann, at=days_ago(399))
    assert retention.prune(at=NOW)["finished_tasks"] == 2
    assert Task.objects.get().blocked_by == []
    assert Event.objects.filter(subject=f"tasks/{waiting.pk}").last().data["changed"]["blocked_by"]["to"] == []


def test_every_kind_can_be_asked_what_would_go(db: None) -> None:
    assert set(retention.would_go(at=NOW)) == {kind.name for kind in retention.KINDS}
    assert not any(retention.would_go(at=NOW).values())
