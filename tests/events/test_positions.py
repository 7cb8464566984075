"""A lease: one holder at a time, by the database's clock, and no move of a position without it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from djirgo.events.models import Position
from djirgo.events.positions import Lease, LeaseLost

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reader() -> None:
    Position.objects.create(reader="reader")


def run_out() -> None:
    Position.objects.update(held_until=timezone.now() - timedelta(seconds=1))


def test_one_worker_at_a_time_reads_in_a_name() -> None:
    first, second = Lease("reader"), Lease("reader")
    assert first.hold()
    assert not second.hold()


def test_a_lease_that_ran_out_goes_to_whoever_comes_next() -> None:
    first, second = Lease("reader"), Lease("reader")
    assert first.hold()
    run_out()
    assert second.hold()
    with pytest.raises(LeaseLost):
        first.advance(5)
    assert not first.hold()
    second.advance(3)
    assert second.position() == 3


def test_a_lease_that_was_handed_back_is_free_at_once() -> None:
    first, second = Lease("reader"), Lease("reader")
    first.hold()
    first.release()
    assert second.hold()


def test_handing_back_takes_nothing_from_a_successor() -> None:
    first, second = Lease("reader"), Lease("reader")
    first.hold()
    run_out()
    second.hold()
    first.release()
    assert Position.objects.get().holder == second.holder


def test_who_holds_a_fresh_lease_asks_nobody() -> None:
    lease = Lease("reader")
    lease.hold()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert lease.hold()
    assert not asked


def test_a_lease_half_used_up_is_renewed() -> None:
    lease = Lease("reader", lasts=timedelta(0))
    lease.hold()
    before = Position.objects.get().held_until
    assert lease.hold()
    after = Position.objects.get().held_until
    assert after is not None
    assert before is not None
    assert after >= before


def test_whoever_waits_for_a_lease_writes_nothing() -> None:
    Lease("reader").hold()
    with CaptureQueriesContext(connection) as asked:
        assert not Lease("reader").hold()
    assert not [query for query in asked if query["sql"].startswith("UPDATE")]


def test_the_move_of_a_position_renews_the_lease() -> None:
    lease = Lease("reader")
    lease.hold()
    run_out()
    lease.advance(1)
    assert not Lease("reader").hold()
