"""People who send tasks, and the queue and the worker behind them, in the process of the test."""

import uuid
from collections.abc import Iterator
from typing import Any

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from rest_framework.test import APIClient

from djirgo.accounts.jwt import RefreshToken
from djirgo.accounts.models import User
from djirgo.events.brokers.rabbitmq.inbox import Deliveries
from djirgo.intake.accepted import Accepted
from djirgo.intake.api import views
from djirgo.intake.door import door_to
from djirgo.intake.queues import IntakeQueues
from djirgo.intake.writer import Lists, Singles, Writer

ASYNC = {"HTTP_PREFER": "respond-async"}


class Sender:
    """Somebody with an access token."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.client = APIClient(SERVER_NAME="localhost")
        self.access = str(RefreshToken.for_user(user).access_token)

    def post(self, path: str, body: Any, **extra: Any) -> Any:
        bearer = {"HTTP_AUTHORIZATION": f"Bearer {self.access}"}
        return self.client.post(path, body, format="json", **bearer | ASYNC | extra)

    def send(self, **words: Any) -> Any:
        return self.post("/api/tasks/", words)

    def get(self, path: str) -> Any:
        return self.client.get(path, HTTP_AUTHORIZATION=f"Bearer {self.access}")

    def outcome(self, answer: Any) -> Any:
        """What the address says that the answer has named."""
        assert answer.status_code == 202, answer.content
        return self.get(answer["Location"]).json()


class Office:
    """The queues of this test, and whoever writes what is in them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.queues = IntakeQueues(f"test-{uuid.uuid4().hex[:8]}")
        self.door = door_to(url, self.queues)
        self.writers: list[Writer] = []

    def writer(self, queue: str = "", kind: type[Deliveries[Accepted]] = Singles) -> Writer:
        writer = Writer("intake", kind(self.url, self.queues, queue or self.queues.one))
        self.writers.append(writer)
        return writer

    def write_all(self) -> None:
        """Until nothing waits any more."""
        for writer in (self.writer(), self.writer(self.queues.many, Lists)):
            while writer.step() or self.waiting_in(writer.inbox.name):
                pass
            writer.close()

    def waiting_in(self, queue: str) -> int:
        with self._channel() as channel:
            return channel.queue_declare(queue, passive=True).method.message_count

    def publish(self, queue: str, body: bytes) -> None:
        """Something that came from nobody knows where."""
        with self._channel() as channel:
            self.queues.declare(channel)
            channel.confirm_delivery()
            channel.basic_publish("", queue, body)

    def close(self) -> None:
        for writer in self.writers:
            writer.close()
        with self._channel() as channel:
            for queue in (self.queues.one, self.queues.many, self.queues.dead):
                channel.queue_delete(queue)
            channel.exchange_delete(self.queues.dead)

    def _channel(self) -> Any:
        return Channel(self.url)


class Channel:
    def __init__(self, url: str) -> None:
        self.url = url

    def __enter__(self) -> BlockingChannel:
        self.connection = pika.BlockingConnection(pika.URLParameters(self.url))
        return self.connection.channel()

    def __exit__(self, *_: object) -> None:
        self.connection.close()


@pytest.fixture
def office(rabbitmq_url: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    settings.RABBITMQ_URL = rabbitmq_url
    office = Office(rabbitmq_url)
    monkeypatch.setattr(views, "door", lambda: office.door)
    yield office
    office.close()


@pytest.fixture
def no_broker(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that refuses to be connected to."""
    settings.RABBITMQ_URL = "amqp://127.0.0.1:1/"
    away = door_to(settings.RABBITMQ_URL)
    monkeypatch.setattr(views, "door", lambda: away)


@pytest.fixture
def ann(db: None) -> Sender:
    return Sender(User.objects.create_user("ann", password="an apple a day"))


@pytest.fixture
def bob(db: None) -> Sender:
    return Sender(User.objects.create_user("bob", password="a boat on a bay"))
