"""Two web servers on one database are restarted one after the other while people work: nobody is refused anything.

What stands in front of them is what any proxy does: a request that finds nobody listening, or whose connection ends
before a word was answered, goes to the other server, under the same `Idempotency-Key`.
"""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest

from tests.live import Installation, Process, installed
from tests.servers import eventually, free_port

pytestmark = pytest.mark.timeout(180)
PEOPLE = 3
#: Of each server.
RESTARTS = 1
CREDENTIALS = {"username": "ann", "password": "a password for work"}


class Front:
    """A proxy with two servers behind it."""

    def __init__(self, urls: list[str]) -> None:
        self.urls = urls
        self.turns = count()
        self.passed_on = 0

    def post(self, path: str, said: dict[str, str], headers: dict[str, str]) -> httpx.Response:
        for _ in range(100):
            url = self.urls[next(self.turns) % len(self.urls)]
            try:
                return httpx.post(url + path, json=said, headers=headers, timeout=30)
            except (httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                self.passed_on += 1
                time.sleep(0.01)
        raise AssertionError("neither of them listens")


class Person(threading.Thread):
    def __init__(self, front: Front, token: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.front, self.token, self.stop = front, token, stop
        self.answers: Counter[int] = Counter()
        self.texts: set[str] = set()

    def run(self) -> None:
        while not self.stop.is_set():
            text = str(uuid.uuid4())
            headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": text}
            answer = self.front.post("/api/tasks/", {"text": text}, headers)
            self.answers[answer.status_code] += 1
            self.texts.add(text)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Installation]:
    with installed(tmp_path / "data") as place:
        yield place


def serve(place: Installation, port: int) -> Process:
    place.port = port
    return place.serve()


def texts(url: str, token: str) -> Counter[str]:
    """Of all tasks that there are."""
    found: Counter[str] = Counter()
    page: str | None = f"{url}/api/tasks/?page_size=200"
    while page:
        shown = httpx.get(page, headers={"Authorization": f"Bearer {token}"}).raise_for_status().json()
        found.update(task["text"] for task in shown["results"])
        page = shown["next"]
    return found


def test_a_rolling_restart_refuses_nobody_and_loses_nothing(place: Installation) -> None:
    ports = [place.port, free_port()]
    servers = {port: serve(place, port) for port in ports}
    front = Front([f"http://127.0.0.1:{port}" for port in ports])
    front.post("/api/auth/users/", CREDENTIALS, {})
    token = front.post("/api/auth/jwt/create/", CREDENTIALS, {}).json()["access"]
    stop = threading.Event()
    people = [Person(front, token, stop) for _ in range(PEOPLE)]
    for person in people:
        person.start()
    for port in ports * RESTARTS:
        created = sum(person.answers.total() for person in people)
        assert servers[port].terminate() == 0
        eventually(lambda before=created: sum(p.answers.total() for p in people) > before + 5, "the other one works")  # type: ignore[misc]
        servers[port] = serve(place, port)
    stop.set()
    for person in people:
        person.join(60)
    assert sum((person.answers for person in people), Counter()).keys() == {201}
    assert texts(front.urls[0], token) == Counter(text for person in people for text in person.texts)
    assert front.passed_on  # there was something to pass on
