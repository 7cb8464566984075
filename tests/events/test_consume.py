"""`djirgo consume` and `rabbitmq_consumer.py`: what arrives is shown, and acknowledged when it has been shown."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import orjson
import pika
import pytest
from django.utils import timezone

from djirgo.events.brokers.inprocess import InProcessBroker
from djirgo.events.message import Message
from djirgo.events.models import Event
from djirgo.events.tail import line, show_waiting
from tests.events.conftest import Harness, Listener, RabbitMQHarness, happen
from tests.live import Installation
from tests.proxy import Proxy
from tests.servers import eventually

ROOT = Path(__file__).parents[2]
WRITE = """
from django.utils import timezone
from djirgo.events.models import Event
task = {"task": {"text": "Buy milk\\nnow", "task_status": "New"}, "actor": "ann", "changed": {}}
Event.objects.all().record("task.created", subject="tasks/17", scope="projects/1", data=task, at=timezone.now())
"""


def envelope(**changes: object) -> dict[str, object]:
    task = {"text": "Buy milk\nand bread", "task_status": "In_Progress"}
    return {
        "specversion": "1.0",
        "id": "b1b7f0d0-6f4e-4d36-9d5f-6d1a3f1b2c3d",
        "source": "djirgo",
        "type": "task.started",
        "subject": "tasks/17",
        "time": "2026-03-01T09:30:00.000000Z",
        "datacontenttype": "application/json",
        "sequence": 5,
        "data": {"task": task, "actor": "ann", "changed": {}} | changes,
    }


def test_a_message_is_one_line_that_people_can_read() -> None:
    words = line(Message(envelope())).split("  ")
    assert [word.strip() for word in words if word.strip()] == [
        "2026-03-01 09:30:00", "task.started", "tasks/17", "ann", "In_Progress", "Buy milk",
    ]  # fmt: skip


def test_what_would_move_the_cursor_is_not_shown() -> None:
    shown = line(Message(envelope(task={"text": "\x1b[2Jgone", "task_status": "New"}, actor=None)))
    assert "\x1b" not in shown
    assert shown.endswith("[2Jgone")


def test_what_was_said_about_a_task_stands_behind_it() -> None:
    said = {"type": "comment.added", "data": envelope(comment={"text": "\x1b[2JWhich kind?\nWhole?"})["data"]}
    assert line(Message(envelope() | said)).endswith("Buy milk  “ [2JWhich kind?”")
    told = envelope(comment={"text": "@bob, which kind?"}, mentioned="bob")
    assert line(Message(told | {"type": "user.mentioned"})).endswith("Buy milk  “@bob, which kind?”  to bob")


def test_an_event_that_is_about_no_task_is_shown_too() -> None:
    message = Message(envelope() | {"type": "comment.added", "data": {}})
    assert "comment.added" in line(message)


@pytest.mark.django_db
def test_what_could_not_be_shown_is_shown_again(broker: Harness) -> None:
    broker.connect()
    happen(), happen()
    broker.hand_on()
    prefix = getattr(broker, "prefix", "djirgo")
    inbox = broker.broker.queue(f"{prefix}.tasks")
    shown: list[int] = []

    def show(message: Message) -> None:
        if len(shown) == 1:
            shown.append(0)
            raise BrokenPipeError
        shown.append(message.sequence)

    def show_all() -> bool:
        try:
            show_waiting(inbox, show, threading.Event())
        except BrokenPipeError:
            inbox.close()
        return len(shown) >= 3

    eventually(show_all, "both are shown")
    assert shown == [1, 0, 2]
    inbox.close()


@pytest.mark.django_db
def test_the_embedded_queue_holds_what_happened_since_the_first_start() -> None:
    InProcessBroker().prepare(at=timezone.now())
    happen("comment.added"), happen("task.created")
    harness = Harness(InProcessBroker)
    harness.connect()
    harness.hand_on()
    inbox = InProcessBroker().queue("djirgo.tasks")
    assert [message.type for message in inbox.take()] == ["task.created"]
    with pytest.raises(LookupError, match="one queue"):
        InProcessBroker().queue("other")


def test_djirgo_consume_prints_what_is_in_the_embedded_queue(installation: Installation) -> None:
    worker = installation.work()
    consumer = installation.start("consume")
    as_json = installation.run("shell", "-v0", "-c", WRITE)
    assert as_json.returncode == 0, as_json.stderr
    eventually(lambda: consumer.has_said("task.created"), "the event is printed")
    assert "ann" in consumer.output
    assert consumer.terminate() == 0
    assert worker.terminate() == 0


@pytest.fixture
def proxy(rabbitmq: RabbitMQHarness) -> Iterator[Proxy]:
    proxy = Proxy(rabbitmq.url)
    yield proxy
    proxy.cut()


@pytest.mark.django_db
def test_rabbitmq_consumer_prints_envelopes_and_reconnects(
    rabbitmq: RabbitMQHarness, proxy: Proxy, installation: Installation
) -> None:
    rabbitmq.connect()
    happen("task.created")
    rabbitmq.hand_on()
    queue = f"{rabbitmq.prefix}.tasks"
    consumer = subprocess.Popen(
        [sys.executable, ROOT / "rabbitmq_consumer.py", "--json", "--queue", queue],
        env=installation.environment | {"RABBITMQ_URL": proxy.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert consumer.stdout
    assert consumer.stderr
    assert json.loads(consumer.stdout.readline())["sequence"] == 1
    proxy.cut()
    assert "RabbitMQ is away" in consumer.stderr.readline()
    happen("task.started")
    rabbitmq.hand_on()
    proxy.mend()
    last = Event.objects.latest("id")
    # The first may come once more: its acknowledgement may have been lost with the connection.
    while json.loads(consumer.stdout.readline())["id"] != str(last.uuid):
        pass
    eventually(lambda: messages_left(queue, rabbitmq.url) == 0, "both are acknowledged")
    consumer.terminate()
    assert consumer.wait(30) == 0


def messages_left(queue: str, url: str) -> int:
    with pika.BlockingConnection(pika.URLParameters(url)) as client:
        return client.channel().queue_declare(queue, durable=True).method.message_count


@pytest.mark.django_db
def test_what_is_no_event_ends_among_the_dead_letters(rabbitmq: RabbitMQHarness) -> None:
    listener = Listener()
    (consumer,) = rabbitmq.connect(listener)
    consumer.step()
    with pika.BlockingConnection(pika.URLParameters(rabbitmq.url)) as client:
        channel = client.channel()
        channel.basic_publish(f"{rabbitmq.prefix}.events", "task.created", b"nonsense")
        channel.basic_publish(f"{rabbitmq.prefix}.events", "task.created", orjson.dumps([]))
    happen()
    rabbitmq.hand_on()
    rabbitmq.drive(consumer, lambda: listener.heard, "the event behind it is heard")
    eventually(lambda: messages_left(f"{rabbitmq.prefix}.dead", rabbitmq.url) == 2, "both are among the dead letters")


@pytest.mark.django_db
def test_the_reader_in_the_documentation_reads(rabbitmq: RabbitMQHarness) -> None:
    rabbitmq.connect()
    happen("task.created", 17, actor="ann")
    rabbitmq.hand_on()
    queue = f"{rabbitmq.prefix}.tasks"
    blocks = [block.partition("```")[0] for block in (ROOT / "docs" / "events.md").read_text().split("```python\n")[1:]]
    code = next(block for block in blocks if "pika.BlockingConnection" in block)
    reader = subprocess.Popen(
        [sys.executable, "-c", code.replace("djirgo.tasks", queue)],
        env={"RABBITMQ_URL": rabbitmq.url},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout
    assert reader.stdout.readline().split()[1:] == ["task.created", "tasks/17", "ann"]
    reader.kill()
    reader.wait()
