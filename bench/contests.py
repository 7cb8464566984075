"""What is asked: the requests of each contest, and how many of them make a round at most."""

import itertools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.load import request
from bench.place import Place
from bench.world import PASSWORD

BULK = 500


@dataclass(frozen=True)
class Contest:
    name: str
    #: Requests in one round at most.
    number: int
    #: Endless: each round takes the next ones.
    requests: Callable[["Questions"], Iterator[bytes]]
    connections: int = 16
    expected: frozenset[int] = frozenset({200, 201})


class Questions:
    """An endless supply of each kind of request, that no two servers are asked twice where it matters."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.dice = random.Random(2)
        people = place.people()
        self.names, self.tokens = people["names"], people["tokens"]
        # From the far end of the queue, so that claims and starts never meet.
        waiting = "SELECT id FROM tasks_task WHERE status = 'New' ORDER BY priority, id DESC LIMIT 100000"
        self.waiting = iter(place.ask(waiting))

    def details(self) -> Iterator[bytes]:
        while True:
            task = self.dice.randrange(1, self.place.tasks)
            yield request("GET", f"/api/tasks/{task}/", self._token())

    def lists(self) -> Iterator[bytes]:
        for status in itertools.cycle(("New", "In_Progress", "Completed")):
            yield request("GET", f"/api/tasks/?task_status={status}", self._token())

    def creations(self) -> Iterator[bytes]:
        for number in itertools.count():
            yield request("POST", "/api/tasks/", self._token(), _json({"text": f"Mend the roof {number}"}))

    def starts(self) -> Iterator[bytes]:
        for task in self.waiting:
            yield request("PATCH", f"/api/tasks/{task}/", self._token(), _json({"task_status": "In_Progress"}))

    def claims(self) -> Iterator[bytes]:
        while True:
            yield request("POST", "/api/tasks/claim/", self._token(), _json({}))

    def bulks(self) -> Iterator[bytes]:
        body = _json([{"text": f"Mend the roof {number}"} for number in range(BULK)])
        while True:
            yield request("POST", "/api/tasks/bulk/", self._token(), body)

    def logins(self) -> Iterator[bytes]:
        for name in itertools.cycle(self.names):
            yield request("POST", "/api/auth/jwt/create/", body=_json({"username": name, "password": PASSWORD}))

    def _token(self) -> str:
        return self.dice.choice(self.tokens)


CONTESTS = (
    Contest("detail", 10_000, Questions.details),
    Contest("list", 5_000, Questions.lists),
    Contest("create", 5_000, Questions.creations),
    Contest("start", 2_000, Questions.starts),
    Contest("claim", 2_000, Questions.claims),
    Contest("bulk", 30, Questions.bulks, connections=2),
    Contest("login", 100, Questions.logins, connections=4),
)


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
