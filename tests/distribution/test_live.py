"""Through real processes: what arrives over HTTP is with somebody a moment later, whatever the broker does."""

from collections.abc import Callable
from itertools import cycle, islice
from typing import Any

import httpx
import pytest

from tests.live import Installation
from tests.servers import RabbitMQ, eventually

#: Far more than it takes, and far less than whoever waits for a person would wait.
PATIENCE = 15
PASSWORD = "a password for work"
CREW = ["ann", "bob", "cid"]
FOUND = """
from django.utils import timezone
from djirgo.accounts.models import User
from djirgo.tasks.models import Project
boss, *crew = (User.objects.get(username=name) for name in {names!r})
now = timezone.now()
project = Project.create(by=boss, at=now, name="Letters", policy="round_robin")
project.change_member(boss, by=boss, at=now, available=False)
for user in crew:
    project.admit(user, by=boss, at=now)
print("project", project.pk)
"""
Client = httpx.Client


def log_in(place: Installation, name: str) -> Client:
    client = httpx.Client(base_url=place.url, timeout=20)
    credentials = {"username": name, "password": PASSWORD}
    assert client.post("/api/auth/users/", json=credentials).status_code == 201
    access = client.post("/api/auth/jwt/create/", json=credentials).json()["access"]
    client.headers["Authorization"] = f"Bearer {access}"
    return client


class Team:
    """A boss who puts tasks in, and a crew that is given them."""

    def __init__(self, place: Installation) -> None:
        self.clients = {name: log_in(place, name) for name in ["boss", *CREW]}
        founded = place.run("shell", "-v0", "-c", FOUND.format(names=["boss", *CREW]))
        assert founded.returncode == 0, founded.stderr
        self.project = int(founded.stdout.split()[-1])
        self.next_one = cycle(CREW)

    def put_in(self, number: int) -> list[int]:
        body = {"text": "A letter", "project": self.project}
        answers = [self.clients["boss"].post("/api/tasks/", json=body) for _ in range(number)]
        assert {answer.status_code for answer in answers} == {201}
        return [answer.json()["id"] for answer in answers]

    def performers(self, ids: list[int]) -> list[str | None]:
        return [self.clients["boss"].get(f"/api/tasks/{id_}/").json()["performer"] for id_ in ids]

    def are_given_in_turn(self, ids: list[int]) -> None:
        expected = list(islice(self.next_one, len(ids)))
        eventually(lambda: self.performers(ids) == expected, "everybody is given something in turn", PATIENCE)

    def history(self, id_: int) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.clients["boss"].get(f"/api/tasks/{id_}/history/").json()["results"]
        return events


@pytest.fixture
def team(installation: Installation) -> Callable[..., Team]:
    def begin(**settings: str) -> Team:
        installation.up(**settings)
        return Team(installation)

    return begin


def test_without_a_broker_what_arrives_is_given_out_in_turn(team: Callable[..., Team]) -> None:
    people = team()
    ids = people.put_in(7)
    people.are_given_in_turn(ids)
    first = people.history(ids[0])
    assert [event["type"] for event in first] == ["task.created", "task.assigned"]
    assert first[1]["data"]["assignment"]["rule"] == "round_robin"
    started = people.clients["ann"].post(f"/api/tasks/{ids[0]}/start/")
    assert (started.status_code, started.json()["performer"]) == (200, "ann")
    assert people.clients["ann"].post(f"/api/tasks/{ids[0]}/release/").json()["performer"] is None
    people.are_given_in_turn(ids[:1])


@pytest.mark.timeout(300)
def test_with_rabbitmq_and_while_it_is_away_what_arrives_is_given_out_in_turn(
    team: Callable[..., Team], broker_server: RabbitMQ
) -> None:
    people = team(RABBITMQ_URL=broker_server.url())
    people.are_given_in_turn(people.put_in(4))
    broker_server.stop()
    people.are_given_in_turn(people.put_in(4))
    broker_server.start()
    people.are_given_in_turn(people.put_in(4))
