"""A burst while the database is stopped, and whatever else may end: every 202 is written, and written once."""

import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pika
import psycopg
import pytest

from djirgo.intake.queues import IntakeQueues
from tests.live import Installation, installed
from tests.proxy import Proxy
from tests.servers import PostgreSQL, RabbitMQ, eventually

pytestmark = pytest.mark.once

PEOPLE = 8
PASSWORD = "a password for work"


class Person(threading.Thread):
    """Somebody who sends tasks and remembers the answers, until told to stop."""

    def __init__(self, url: str, name: str, enough: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self.client = httpx.Client(base_url=url, timeout=30)
        self.enough = enough
        self.accepted: dict[str, str] = {}
        self.created: list[str] = []
        self.refused: Counter[int] = Counter()
        self.longest = 0.0

    def register(self) -> None:
        credentials = {"username": self.name, "password": PASSWORD}
        assert self.client.post("/api/auth/users/", json=credentials).status_code == 201
        access = self.client.post("/api/auth/jwt/create/", json=credentials).json()["access"]
        self.client.headers.update({"Authorization": f"Bearer {access}", "Prefer": "respond-async"})

    def run(self) -> None:
        number = 0
        while not self.enough.is_set():
            number += 1
            text = f"{self.name} {number}"
            answer = self.client.post("/api/tasks/", json={"text": text})
            if answer.status_code == 202:
                self.accepted[answer.headers["Location"]] = text
            elif answer.status_code == 201:
                self.created.append(text)
            else:
                self.refused[answer.status_code] += 1
                time.sleep(0.05)

    def outcome(self, address: str) -> Any:
        return self.client.get(address).json()


def empty(broker: RabbitMQ) -> None:
    """Of what an earlier test has left."""
    with pika.BlockingConnection(pika.URLParameters(broker.url())) as connection:
        channel = connection.channel()
        for queue in (IntakeQueues().one, IntakeQueues().many):
            channel.queue_delete(queue)


def texts(url: str) -> Counter[str]:
    with psycopg.connect(url) as database:
        return Counter(text for (text,) in database.execute("SELECT text FROM tasks_task"))


@pytest.fixture
def place(tmp_path: Path, database_server: PostgreSQL, broker_server: RabbitMQ) -> Iterator[Installation]:
    empty(broker_server)
    with installed(tmp_path / "data", database_server.url(), RABBITMQ_URL=broker_server.url()) as place:
        yield place


@pytest.fixture
def people(place: Installation) -> list[Person]:
    place.serve()
    enough = threading.Event()
    people = [Person(place.url, f"person{number}", enough) for number in range(PEOPLE)]
    for person in people:
        person.register()
    return people


def have_sent(people: list[Person], number: int) -> bool:
    return sum(len(person.accepted) for person in people) >= number


def finish(people: list[Person]) -> Counter[str]:
    """What all of them were promised."""
    people[0].enough.set()
    for person in people:
        person.join(60)
        assert not person.is_alive()
    return Counter(text for person in people for text in [*person.accepted.values(), *person.created])


def is_written(promised: Counter[str], url: str) -> bool:
    return not promised - texts(url)


@pytest.mark.timeout(300)
def test_a_burst_goes_on_while_the_database_is_stopped_and_all_of_it_is_written_once(
    place: Installation, database_server: PostgreSQL, people: list[Person]
) -> None:
    place.work()
    for person in people:
        person.start()
    eventually(lambda: have_sent(people, 500), "the burst begins")
    database_server.kill()
    so_far = sum(len(person.accepted) for person in people)
    eventually(lambda: have_sent(people, so_far + 1500), "it goes on without the database")
    address = next(iter(people[0].accepted))
    assert httpx.get(address, headers=people[0].client.headers, timeout=30).status_code == 503
    database_server.start()
    eventually(lambda: have_sent(people, so_far + 2000), "it goes on with it")
    promised = finish(people)
    eventually(lambda: is_written(promised, place.database_url), "all is written")

    assert texts(place.database_url) == promised
    assert not any(person.refused or person.created for person in people)
    for person in people:
        for address in list(person.accepted)[:: len(person.accepted) // 5 or 1]:
            outcome = person.outcome(address)
            assert (outcome["status"], outcome["task"]["text"]) == ("applied", person.accepted[address])
    with psycopg.connect(place.database_url) as connection:
        rows = connection.execute("SELECT count(*) FROM events_event WHERE type = 'task.created'").fetchone()
    assert rows == (promised.total(),)


@pytest.mark.timeout(300)
def test_workers_that_are_killed_in_mid_batch_lose_nothing_and_write_nothing_twice(
    place: Installation, people: list[Person]
) -> None:
    workers = [place.work(), place.work()]
    for person in people:
        person.start()
    for round_ in range(4):
        eventually(lambda round_=round_: have_sent(people, 300 * (round_ + 1)), "the burst goes on")
        workers[round_ % 2].end(signal.SIGKILL)
        workers[round_ % 2] = place.work()
    promised = finish(people)
    eventually(lambda: is_written(promised, place.database_url), "all is written")
    assert texts(place.database_url) == promised


@pytest.mark.timeout(300)
def test_without_a_confirm_there_is_no_202_and_without_both_servers_503(
    place: Installation, database_server: PostgreSQL, broker_server: RabbitMQ, people: list[Person]
) -> None:
    place.work()
    for person in people:
        person.start()
    eventually(lambda: have_sent(people, 300), "the burst begins")
    broker_server.kill()
    eventually(lambda: sum(len(person.created) for person in people) >= 100, "the answer is 201 without the broker")
    database_server.kill()
    eventually(lambda: all(person.refused[503] for person in people), "the answer is 503 without both")
    database_server.start()
    broker_server.start()
    so_far = sum(len(person.accepted) for person in people)
    eventually(lambda: have_sent(people, so_far + 300), "the answer is 202 again")
    promised = finish(people)
    eventually(lambda: is_written(promised, place.database_url), "all is written")
    found = texts(place.database_url)
    assert set(found.values()) == {1}
    # What was answered 503 may have got through all the same: nobody was promised that it had not.
    assert not promised - found
    assert {status for person in people for status in person.refused} == {503}


@pytest.mark.timeout(300)
def test_a_broker_that_swallows_everything_is_not_waited_for_longer_than_a_deadline(
    place: Installation, broker_server: RabbitMQ
) -> None:
    proxy = Proxy(broker_server.url())
    place.settings["RABBITMQ_URL"] = proxy.url
    place.serve()
    person = Person(place.url, "ann", threading.Event())
    person.register()
    assert person.client.post("/api/tasks/", json={"text": "one"}).status_code == 202
    proxy.swallows.set()
    statuses = [person.client.post("/api/tasks/", json={"text": text}).status_code for text in ("two", "three")]
    assert statuses == [201, 201]
    proxy.swallows.clear()
    eventually(lambda: person.client.post("/api/tasks/", json={"text": "four"}).status_code == 202, "it is heard again")
    assert texts(place.database_url)["two"] == texts(place.database_url)["three"] == 1
    place.work()
    eventually(
        lambda: texts(place.database_url)["one"] and texts(place.database_url)["four"], "what was taken in is written"
    )
    found = texts(place.database_url)
    assert (found["one"], found["two"], found["three"]) == (1, 1, 1)
