"""The worker as a process: killed, told to stop, started before its database; and its loops, which nothing ends."""

import threading
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta

import orjson
import pika
import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from djirgo.events.brokers.inprocess import InProcessBroker
from djirgo.events.brokers.seam import BrokerAway
from djirgo.events.consumer import Consumer
from djirgo.events.models import Position
from djirgo.events.subscriptions import Subscription
from djirgo.ops import worker
from djirgo.ops.schedule import Job, Scheduled
from tests.events.conftest import Listener, happen
from tests.live import Installation
from tests.servers import eventually

TASKS, STEPS = 40, 150
NOBODY: tuple[Subscription, ...] = ()
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
    process = installation.work()
    eventually(lambda: process.has_said("working"), "the worker works")
    eventually(lambda: "0 held" not in installation.run("shell", "-v0", "-c", HOLDERS).stdout, "the schedule is held")
    assert process.terminate() == 0
    assert "0 held" in installation.run("shell", "-v0", "-c", HOLDERS).stdout


def test_a_worker_waits_for_its_database(new_installation: Installation) -> None:
    process = new_installation.work()
    eventually(lambda: process.has_said("waiting for the database"), "it says that it waits")
    new_installation.migrate()
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


IDLE = Job("idle", timedelta(hours=1), lambda at: False)


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
    scheduled = Scheduled(IDLE)
    scheduled.step()
    with CaptureQueriesContext(connection) as asked:
        assert not any(work.step() for work in (worker.Sequencer(), consumer, scheduled))
    assert {query["sql"].split()[0] for query in asked} == {"SELECT"}


class Diary:
    def __init__(self) -> None:
        self.entries: list[str] = []

    def job(self, name: str, every: timedelta, *, more: bool = False, by_all: bool = False) -> Job:
        return Job(name, every, lambda at: self.entries.append(name) or more, by_all)


@pytest.mark.django_db
def test_a_job_runs_when_its_time_has_come_and_again_at_once_when_there_is_more() -> None:
    diary = Diary()
    hour = timedelta(hours=1)
    works = [Scheduled(diary.job("often", timedelta(0))), Scheduled(diary.job("seldom", hour))]
    works.append(Scheduled(diary.job("unfinished", hour, more=True)))
    assert [work.step() for work in works] == [False, False, True]
    for _ in range(2):
        for work in works:
            work.step()
    assert Counter(diary.entries) == {"often": 3, "seldom": 1, "unfinished": 3}


@pytest.mark.django_db
def test_a_job_is_done_by_one_worker_at_a_time() -> None:
    diary = Diary()
    job = diary.job("often", timedelta(0))
    first, second = Scheduled(job), Scheduled(job)
    first.step()
    second.step()
    assert diary.entries == ["often"]
    first.close()
    second.step()
    assert diary.entries == ["often"] * 2
    assert Position.objects.get(reader="schedule:often").holder == second.lease.holder
    assert not Position.objects.readers().exists()


@pytest.mark.django_db
def test_a_job_for_all_workers_waits_for_none() -> None:
    diary = Diary()
    job = diary.job("often", timedelta(0), by_all=True)
    for work in (Scheduled(job), Scheduled(job)):
        work.step()
    assert diary.entries == ["often"] * 2


#: A job that goes on until it is told to end, between two others.
at_work, let_it_end, swept = threading.Event(), threading.Event(), threading.Semaphore(0)
SCHEDULE = (
    Job("before", timedelta(milliseconds=10), lambda at: swept.release() or False, by_all=True),
    Job("endless", timedelta(0), lambda at: at_work.set() or not let_it_end.wait(60)),
    Job("behind", timedelta(milliseconds=10), lambda at: swept.release() or False),
)


@pytest.mark.django_db(transaction=True)
def test_a_job_that_takes_its_time_holds_up_no_other(settings: Settings) -> None:
    settings.JOB_SCHEDULE = f"{__name__}.SCHEDULE"
    settings.EVENT_SUBSCRIPTIONS = "tests.events.test_worker.NOBODY"
    stop = threading.Event()
    worker_thread = threading.Thread(target=worker.run, args=(stop,))
    worker_thread.start()
    assert at_work.wait(60)
    while swept.acquire(blocking=False):
        pass
    for _ in range(10):
        assert swept.acquire(timeout=60)
    assert not let_it_end.is_set()
    let_it_end.set()
    stop.set()
    worker_thread.join(60)
    assert not worker_thread.is_alive()
