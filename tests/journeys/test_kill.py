"""Processes are killed and the broker goes away while a team works: then everything is counted.

What was answered is in the database, every committed change reaches the queue at least once, nothing else does, and the
events of each task arrive in order.
"""

import random
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import orjson
import pika
import pytest

from tests.live import Installation, Process
from tests.servers import RabbitMQ, eventually

PEOPLE = 4
ROUNDS = 6
SEED = 20260302
#: Seconds after which a request that is still being answered was in the hands of a process that is dead. Its key is
#: free again after a minute, and who goes home does not wait for that.
GIVEN_UP_AFTER = 10


class GoesHome(Exception):
    pass


class Worker(threading.Thread):
    """Somebody who creates tasks, starts and completes them, and asks again when no answer came."""

    def __init__(self, url: str, name: str, stop: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self.url = url
        self.stop = stop
        self.token = ""
        self.created: dict[int, str] = {}
        self.completed: set[int] = set()
        self.surprises: list[str] = []

    def run(self) -> None:
        self.client = httpx.Client(base_url=self.url, timeout=20)
        credentials = {"username": self.name, "password": "a password for work"}
        self._until_answered("/api/auth/users/", credentials, "")
        self.token = self._until_answered("/api/auth/jwt/create/", credentials, "").json()["access"]
        with suppress(GoesHome):
            while not self.stop.is_set():
                self._work()

    def _work(self) -> None:
        text = f"{self.name} {uuid.uuid4()}"
        task = self._until_answered("/api/tasks/", {"text": text}, str(uuid.uuid4()))
        if task.status_code != 201:
            self.surprises.append(f"{task.status_code} {task.text}")
            return
        id_ = task.json()["id"]
        self.created[id_] = text
        for verb in ("start", "complete"):
            answer = self._until_answered(f"/api/tasks/{id_}/{verb}/", {}, str(uuid.uuid4()))
            if answer.status_code != 200:
                self.surprises.append(f"{verb}: {answer.status_code} {answer.text}")
                return
        self.completed.add(id_)

    def _until_answered(self, path: str, body: dict[str, str], key: str) -> httpx.Response:
        """An answer that says more than that the server is not ready for us."""
        headers = {"Idempotency-Key": key} if key else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        began = time.monotonic()
        while True:
            with suppress(httpx.TransportError):
                answer = self.client.post(path, json=body, headers=headers)
                busy = answer.status_code == 409 and answer.json()["code"] == "idempotency_key_in_use"
                if answer.status_code < 500 and not busy:
                    return answer
                if busy and self.stop.is_set() and time.monotonic() > began + GIVEN_UP_AFTER:
                    raise GoesHome
            time.sleep(0.1)


def restart(place: Installation, process: Process) -> Process:
    process.kill()
    return place.serve() if "serve" in process.name else place.work()


def events_of(place: Installation, token: str) -> list[dict[str, Any]]:
    """The whole log, as the feed gives it."""
    found: list[dict[str, Any]] = []
    address = f"{place.url}/api/events/?page_size=200"
    while address:
        page = httpx.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=30).json()
        found += page["results"]
        address = page["next"]
    return found


def messages_in(queue: str, url: str) -> Iterator[dict[str, Any]]:
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    for method, properties, body in channel.consume(queue, inactivity_timeout=2):
        if method is None:
            break
        message = orjson.loads(body)
        assert properties.message_id == message["id"]
        assert (method.routing_key, properties.delivery_mode) == (message["type"], 2)
        yield message
        channel.basic_ack(method.delivery_tag)
    connection.close()


def interrupt(place: Installation, broker: RabbitMQ, people: list[Worker], dice: random.Random) -> None:
    """Kill one process or another while people work, and once the broker, without which work has to go on."""
    processes = [place.serve(), place.work()]
    for person in people:
        person.start()
    for round_ in range(ROUNDS):
        people[0].stop.wait(dice.uniform(0.5, 2))
        if round_ == ROUNDS // 2:
            broker.kill()
            done = sum(len(person.completed) for person in people)
            eventually(lambda done=done: has_got_beyond(done + 20, people), "work goes on without the broker")
            broker.start()
        victim = dice.randrange(len(processes))
        processes[victim] = restart(place, processes[victim])


def has_got_beyond(number: int, people: list[Worker]) -> bool:
    return sum(len(person.completed) for person in people) > number


def is_published(place: Installation) -> bool:
    relay = httpx.get(f"{place.url}/readyz", timeout=10).json()["checks"]["relay"]
    return bool(relay.get("events_behind") == 0)


@pytest.mark.timeout(300)
def test_nothing_is_lost_or_invented_when_processes_and_the_broker_die(
    installation: Installation, broker_server: RabbitMQ
) -> None:
    installation.settings["RABBITMQ_URL"] = broker_server.url()
    stop = threading.Event()
    people = [Worker(installation.url, f"person{number}", stop) for number in range(PEOPLE)]
    interrupt(installation, broker_server, people, random.Random(SEED))  # noqa: S311
    stop.set()
    for person in people:
        person.join(60)
        assert not person.is_alive()
    eventually(lambda: is_published(installation), "the relay has caught up")

    assert [surprise for person in people for surprise in person.surprises] == []
    log = events_of(installation, people[0].token)
    the_log_holds_all_that_was_answered(log, people)
    the_queue_brings_the_log(log, list(messages_in("djirgo.tasks", broker_server.url())))


def the_log_holds_all_that_was_answered(log: list[dict[str, Any]], people: list[Worker]) -> None:
    history: dict[str, list[str]] = defaultdict(list)
    for event in log:
        history[event["subject"]].append(event["type"])
    created = {f"tasks/{id_}" for person in people for id_ in person.created}
    completed = {f"tasks/{id_}" for person in people for id_ in person.completed}
    assert len(completed) > 20
    assert created == set(history)
    for subject in completed:
        assert history[subject] == ["task.created", "task.started", "task.completed"]
    numbers = [event["sequence"] for event in log]
    assert numbers == sorted(set(numbers))


def the_queue_brings_the_log(log: list[dict[str, Any]], messages: list[dict[str, Any]]) -> None:
    """Each event at least once, nothing else, and each task's in order where they come for the first time."""
    first_seen = {message["id"]: message for message in reversed(messages)}
    assert set(first_seen) == {event["id"] for event in log}
    versions: dict[str, list[int]] = defaultdict(list)
    for id_ in dict.fromkeys(message["id"] for message in messages):
        message = first_seen[id_]
        versions[message["subject"]].append(message["data"]["task"]["version"])
    assert all(seen == sorted(seen) for seen in versions.values())
