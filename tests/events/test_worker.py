"""The worker as a process: killed, told to stop, started before its database; and its loops, which nothing ends."""

import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import orjson
import pika
import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from djirgo.events.brokers.inprocess import InProcessBroker
from djirgo.events.brokers.seam import BrokerAway
from djirgo.events.consumer import Consumer
from djirgo.events.models import Position
from djirgo.ops import worker
from djirgo.ops.schedule import Job, Schedule
from tests.events.conftest import Listener, happen
from tests.live import Installation
from tests.servers import eventually

TASKS, STEPS = 40, 150
WRITE = f"""
from django.utils import timezone
from djirgo.events.models import Event
data = {{"task": {{"task_status": "New"}}, "changed": {{}}}}
Event.objects.bulk_create(
    Event(type="task.updated", subject=f"tasks/{{task}}", data=data | {{"step": step}}, time=timezone.now())
    for step in range({STEPS}) for task in range({TASKS})
)
"""
HOLDERS = "from djirgo.events.models import Position; print(Position.objects.exclude(holder=None).count(), 'held')"


@pytest.fixture
def empty_queue(rabbitmq_url: str) -> Iterator[pika.adapters.blocking_connection.BlockingChannel]:
    with pika.BlockingConnection(pika.URLParameters(rabbitmq_url)) as client:
        channel = client.channel()
        channel.queue_delete("djirgo.tasks")
        yield channel
        channel.queue_delete("djirgo.tasks")


def waiting(channel: pika.adapters.blocking_connection.BlockingChannel) -> int:
    return channel.queue_declare("djirgo.tasks", durable=True).method.message_count


def test_a_worker_that_is_killed_in_mid_stream_loses_nothing_and_another_takes_over(
    installation: Installation,
    rabbitmq_url: str,
    empty_queue: pika.adapters.blocking_connection.BlockingChannel,
) -> None:
    installation.settings["RABBITMQ_URL"] = rabbitmq_url
    installation.migrate()
    first = installation.work()
    eventually(lambda: first.has_said("working"), "the worker works")
    written = threading.Thread(target=installation.run, args=("shell", "-v0", "-c", WRITE))
    written.start()
    eventually(lambda: waiting(empty_queue) > 0, "the relay publishes")
    first.kill()
    second = installation.work()
    written.join()

    heard: dict[str, list[int]] = defaultdict(list)
    ids: dict[str, str] = {}
    for method, _, body in empty_queue.consume("djirgo.tasks", inactivity_timeout=1):
        if method is None:
            assert second.is_running, second.output
            if len(ids) < TASKS * STEPS:
                continue
            break
        message = orjson.loads(body)
        ids[message["id"]] = message["subject"]
        if message["data"]["step"] not in heard[message["subject"]]:
            heard[message["subject"]].append(message["data"]["step"])
    empty_queue.cancel()
    assert len(ids) == TASKS * STEPS
    assert heard == {f"tasks/{task}": list(range(STEPS)) for task in range(TASKS)}


def test_a_worker_that_is_told_to_stop_hands_back_what_it_holds(installation: Installation) -> None:
    installation.migrate()
    process = installation.work()
    eventually(lambda: process.has_said("working"), "the worker works")
    eventually(lambda: "0 held" not in installation.run("shell", "-v0", "-c", HOLDERS).stdout, "the schedule is held")
    assert process.terminate() == 0
    assert "0 held" in installation.run("shell", "-v0", "-c", HOLDERS).stdout


def test_a_worker_waits_for_its_database(installation: Installation) -> None:
    process = installation.work()
    eventually(lambda: process.has_said("waiting for the database"), "it says that it waits")
    installation.migrate()
    eventually(lambda: process.has_said("working"), "it works")


class Troubled:
    """Work that fails before it succeeds."""

    name = f"troubled {uuid.uuid4()}"

    def __init__(self, *problems: Exception) -> None:
        self.problems = list(problems)
        self.done = threading.Event()
        self.closed = False

    def step(self) -> bool:
        if self.problems:
            raise self.problems.pop(0)
        self.done.set()
        return False

    def close(self) -> None:
        self.closed = True


@pytest.mark.django_db(transaction=True)
def test_a_loop_outlives_whatever_fails_and_counts_it() -> None:
    work = Troubled(OperationalError("the database is away"), BrokerAway("so is the broker"), ValueError("a mistake"))
    stop = threading.Event()
    loop = threading.Thread(target=worker.supervise, args=(work, stop))
    loop.start()
    assert work.done.wait(60)
    stop.set()
    loop.join(60)
    assert work.closed
    assert worker.FAILURES.labels(work.name)._value.get() == 3


@pytest.mark.django_db
def test_idle_loops_write_nothing() -> None:
    listener = Listener()
    broker = InProcessBroker((listener.subscription,))
    broker.prepare(at=timezone.now())
    consumer = Consumer(listener.subscription, broker.inbox(listener.subscription))
    happen()
    for work in (worker.Sequencer(), consumer):
        while work.step():
            pass
    with CaptureQueriesContext(connection) as asked:
        assert not any(work.step() for work in (worker.Sequencer(), consumer, Schedule(())))
    assert {query["sql"].split()[0] for query in asked} == {"SELECT"}


class Diary:
    def __init__(self) -> None:
        self.entries: list[str] = []

    def job(self, name: str, every: timedelta, run: Callable[[datetime], object] | None = None) -> Job:
        return Job(name, every, lambda at: (self.entries.append(name), run and run(at)))


def at_once(schedule: Schedule) -> None:
    while True:
        with suppress(ZeroDivisionError):
            if not schedule.step():
                return


@pytest.mark.django_db
def test_every_job_that_is_due_runs_and_one_that_fails_holds_up_no_other() -> None:
    diary = Diary()
    hour = timedelta(hours=1)
    schedule = Schedule((diary.job("broken", hour, lambda at: 1 / 0), diary.job("sound", hour)))
    at_once(schedule)
    assert diary.entries == ["broken", "sound"]


@pytest.mark.django_db
def test_a_job_runs_again_when_its_time_has_come() -> None:
    diary = Diary()
    schedule = Schedule((diary.job("often", timedelta(0)), diary.job("seldom", timedelta(hours=1))))
    for _ in range(4):
        schedule.step()
    assert sorted(diary.entries) == ["often", "often", "often", "seldom"]


@pytest.mark.django_db
def test_the_schedule_is_kept_by_one_worker_at_a_time() -> None:
    diary = Diary()
    table = (diary.job("often", timedelta(0)),)
    first, second = Schedule(table), Schedule(table)
    assert first.step()
    assert not second.step()
    first.close()
    assert second.step()
    assert Position.objects.get(reader="schedule").holder == second.lease.holder
