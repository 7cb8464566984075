"""The contract that every broker keeps, embedded or not."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.db import Error, IntegrityError, connection, transaction
from django.utils import timezone

from djirgo.events import consumer as consumer_module
from djirgo.events.brokers.seam import BrokerAway
from djirgo.events.consumer import Consumer
from djirgo.events.models import DeadLetter, Event, Receipt
from tests.events.conftest import Harness, Listener, Poison, happen

pytestmark = pytest.mark.django_db


def test_messages_arrive_in_the_order_of_the_log(broker: Harness) -> None:
    listener = Listener()
    (consumer,) = broker.connect(listener)
    for number in range(1200):
        happen(task=number % 7)
    broker.hand_on()
    broker.drive(consumer, lambda: len(listener.heard) >= 1200, "all are heard")
    assert listener.sequences == list(range(1, 1201))


def test_a_message_says_what_happened(broker: Harness) -> None:
    listener = Listener()
    (consumer,) = broker.connect(listener)
    event = happen("task.created", 17, text="Молоко")
    broker.hand_on()
    broker.drive(consumer, lambda: listener.heard, "it is heard")
    (message,) = listener.heard
    assert (message.id, message.type, message.subject) == (event.uuid, "task.created", "tasks/17")
    assert (message.time, message.sequence, message.data) == (event.time, 1, {"text": "Молоко"})


def test_every_consumer_hears_of_what_it_asked_for_and_of_nothing_else(broker: Harness) -> None:
    everything = Listener("everything", ("#",))
    tasks = Listener("tasks-only", ("task.*",))
    chosen = Listener("chosen", ("task.created", "comment.#"))
    consumers = broker.connect(everything, tasks, chosen)
    for type_ in ("task.created", "comment.added", "task.updated", "project.closed"):
        happen(type_)
    broker.hand_on()
    for consumer, listener, wanted in zip(consumers, (everything, tasks, chosen), (4, 2, 2), strict=True):
        broker.drive(consumer, lambda: len(listener.heard) >= wanted, "what was asked for is heard")  # noqa: B023
    assert [message.type for message in tasks.heard] == ["task.created", "task.updated"]
    assert [message.type for message in chosen.heard] == ["task.created", "comment.added"]


def test_what_was_not_committed_is_not_delivered(broker: Harness) -> None:
    listener = Listener()
    (consumer,) = broker.connect(listener)
    with suppress(Poison), transaction.atomic():
        happen("task.created")
        raise Poison
    last = happen("task.deleted")
    broker.hand_on()
    broker.drive(consumer, lambda: listener.heard, "the other is heard")
    assert [message.id for message in listener.heard] == [last.uuid]


def test_what_its_consumer_had_when_it_died_goes_to_the_next(broker: Harness) -> None:
    listener = Listener()
    (consumer,) = broker.connect(listener)
    happen(), happen()
    broker.hand_on()
    taken: list[object] = []
    while not taken:
        taken = list(consumer.inbox.take())
    broker.lose(consumer)
    successor = broker.consumer(listener)
    broker.drive(successor, lambda: len(listener.heard) >= 2, "both are heard")
    assert listener.sequences == [1, 2]


def test_a_second_delivery_does_nothing(broker: Harness) -> None:
    """The worker dies between its commit and the acknowledgement, or the relay before it has moved its position."""
    listener = Listener()
    (consumer,) = broker.connect(listener)
    event = happen()
    Receipt.objects.leave(listener.name, [event.uuid], at=timezone.now())
    last = happen()
    broker.hand_on()
    broker.drive(consumer, lambda: listener.heard, "the other is heard")
    assert [message.id for message in listener.heard] == [last.uuid]


def test_effects_and_receipts_stand_or_fall_together(broker: Harness) -> None:
    def handle(messages: object) -> None:
        happen("audit.written")
        raise Poison

    listener = Listener(patterns=("task.#",))
    listener.handle = handle  # type: ignore[method-assign]
    (consumer,) = broker.connect(listener)
    happen()
    broker.hand_on()
    fail_once(consumer)
    assert not Receipt.objects.exists()
    assert not Event.objects.filter(type="audit.written").exists()


def test_a_message_that_keeps_failing_goes_to_the_dead_letters_and_the_rest_goes_on(broker: Harness) -> None:
    listener = Listener(chokes_on={3})
    (consumer,) = broker.connect(listener)
    events = [happen() for _ in range(5)]
    broker.hand_on()
    broker.drive(consumer, lambda: len(listener.heard) >= 4, "the rest is heard")
    assert listener.sequences == [1, 2, 4, 5]
    assert broker.dead_letters() == [(str(events[2].uuid), "Poison: cannot deal with this")]


def test_a_message_that_failed_and_then_does_not_is_dealt_with_in_its_turn(broker: Harness) -> None:
    listener = Listener(chokes_on={2})
    (consumer,) = broker.connect(listener)
    for _ in range(3):
        happen()
    broker.hand_on()
    fail_once(consumer)
    assert listener.sequences == [1]
    listener.chokes_on.clear()
    broker.drive(consumer, lambda: len(listener.heard) >= 3, "all are heard")
    assert listener.sequences == [1, 2, 3]
    assert not DeadLetter.objects.exists()


def test_a_reader_that_was_closed_goes_on_where_it_was(broker: Harness) -> None:
    listener = Listener()
    (consumer,) = broker.connect(listener)
    happen()
    broker.hand_on()
    broker.drive(consumer, lambda: listener.heard, "the first is heard")
    consumer.close()
    happen()
    broker.hand_on()
    broker.drive(broker.consumer(listener), lambda: len(listener.heard) >= 2, "the second is heard")
    assert listener.sequences == [1, 2]


def test_a_database_that_is_away_is_no_fault_of_a_message(broker: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener(chokes_on={1})
    (consumer,) = broker.connect(listener)
    happen(), happen()
    broker.hand_on()
    monkeypatch.setattr(consumer_module, "is_a_message_at_fault", lambda problem: False)
    for _ in range(3 * consumer_module.ATTEMPTS):
        fail_once(consumer)
    listener.chokes_on.clear()
    broker.drive(consumer, lambda: len(listener.heard) >= 2, "both are heard")
    assert listener.sequences == [1, 2]
    assert broker.dead_letters() == []


def test_a_database_that_is_away_is_told_from_a_message_that_it_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    assert consumer_module.is_a_message_at_fault(IntegrityError())
    assert consumer_module.is_a_message_at_fault(ValueError())
    assert not consumer_module.is_a_message_at_fault(BrokerAway())
    monkeypatch.setattr(connection, "is_usable", lambda: False)
    assert not consumer_module.is_a_message_at_fault(IntegrityError())


NO_ROOM = {
    "sqlite": "INSERT INTO events_receipt (consumer, event, at) VALUES (hex(zeroblob(1000000)), 1, 1)",
    "postgresql": "DO $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$",
}


def failure_of(statement: str) -> Exception:
    with pytest.raises(Error) as failed, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return failed.value


@pytest.fixture
def _no_room() -> Iterator[None]:
    """For SQLite; PostgreSQL is made to say so."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # so that no page is left empty by what was deleted
        cursor.execute("PRAGMA max_page_count = 1")  # which it takes for as many as there are
        yield
        cursor.execute("PRAGMA max_page_count = 1073741823")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_no_room")
def test_a_database_that_is_full_is_no_fault_of_a_message() -> None:
    assert not consumer_module.is_a_message_at_fault(failure_of(NO_ROOM[connection.vendor]))


def test_a_mistake_in_a_statement_is_a_fault_of_its_message() -> None:
    assert consumer_module.is_a_message_at_fault(failure_of("SELECT * FROM nowhere"))


def fail_once(consumer: Consumer) -> None:
    with suppress(Poison):
        while True:
            consumer.step()


@pytest.mark.django_db(transaction=True)
def test_of_what_many_write_at_once_nothing_is_missed_and_each_task_is_in_order(broker: Harness) -> None:
    listener = Listener()
    (consumer,) = broker.connect(listener)
    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        broker.hand_on()
        consumer.step()
    broker.hand_on()
    broker.drive(consumer, lambda: len(listener.heard) >= 8 * 40, "all are heard")
    steps: dict[str, list[int]] = defaultdict(list)
    for message in listener.heard:
        steps[message.subject].append(message.data["step"])
    assert listener.sequences == list(range(1, 8 * 40 + 1))
    assert all(heard == list(range(40)) for heard in steps.values())


def write(number: int) -> None:
    for step in range(40):
        with transaction.atomic():
            happen(task=number, step=step)
            if number % 2:
                # Others commit what has higher ids meanwhile.
                threading.Event().wait(0.002)
    connection.close()
