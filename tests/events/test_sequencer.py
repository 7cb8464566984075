"""The sequencer gives every committed event one place in the log, without gaps, and never a place that was passed."""

import threading

import pytest
from django.db import connection, transaction

from djirgo.events import sequencer
from djirgo.events.models import Event
from tests.events.conftest import happen, number_all


def sequences() -> list[int | None]:
    return list(Event.objects.order_by("id").values_list("sequence", flat=True))


@pytest.mark.django_db
def test_events_are_numbered_in_the_order_of_their_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencer, "BATCH", 2)
    for _ in range(5):
        happen()
    assert [sequencer.number_events() for _ in range(4)] == [2, 2, 1, 0]
    assert sequences() == [1, 2, 3, 4, 5]


@pytest.mark.django_db
def test_numbers_are_never_given_twice_even_if_the_last_event_was_deleted() -> None:
    happen()
    number_all()
    Event.objects.all().delete()
    happen()
    number_all()
    assert sequences() == [2]


@pytest.mark.django_db(transaction=True)
def test_what_commits_late_is_numbered_late_and_not_passed_over() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time, so ids commit in order")
    written, go_on = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with transaction.atomic():
            happen(task=1)
            written.set()
            go_on.wait(60)
        connection.close()

    writer = threading.Thread(target=write_slowly)
    writer.start()
    assert written.wait(60)
    happen(task=2)
    number_all()
    go_on.set()
    writer.join()
    number_all()
    assert list(Event.objects.numbered().values_list("subject", "sequence")) == [("tasks/2", 1), ("tasks/1", 2)]


@pytest.mark.django_db(transaction=True)
def test_sequencers_that_run_at_once_give_no_number_twice() -> None:
    for _ in range(300):
        happen()

    def number() -> None:
        number_all()
        connection.close()

    rivals = [threading.Thread(target=number) for _ in range(4)]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()
    assert sequences() == list(range(1, 301))
