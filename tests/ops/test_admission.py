"""So many are answered at a time, and the next one is told at once."""

import http.client
import threading
import time
from collections.abc import Callable
from time import perf_counter
from typing import Any

import httpx
import orjson
import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from djirgo.ops import admission
from djirgo.ops.admission import Admission
from djirgo.ops.logs import CAME_AT
from djirgo.ops.tickets import Tickets
from tests.live import Installation
from tests.servers import eventually


class House:
    """Admission before a view that is not done until it is let go."""

    def __init__(self) -> None:
        self.inside = 0
        self.let_go = threading.Event()
        self.admission = Admission(self.view)
        self.answers: list[int] = []

    def view(self, request: HttpRequest) -> HttpResponse:
        self.inside += 1
        self.let_go.wait(60)
        return HttpResponse()

    def come(self, path: str = "/api/tasks/", **said: Any) -> HttpResponse:
        answer = self.admission(RequestFactory(**({CAME_AT: perf_counter()} | said)).get(path))
        self.answers.append(answer.status_code)
        return answer  # type: ignore[return-value]

    def send_in(self, number: int) -> list[threading.Thread]:
        threads = [threading.Thread(target=self.come) for _ in range(number)]
        for thread in threads:
            thread.start()
        return threads


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Callable[..., House]:
    def build(turns: int) -> House:
        monkeypatch.setattr(admission, "turns", Tickets(turns))
        return House()

    return build


def test_whoever_finds_no_place_is_refused_at_once(house: Callable[..., House]) -> None:
    full = house(2)
    threads = full.send_in(2)
    eventually(lambda: full.inside == 2, "two are inside")
    refused = full.come()
    assert (refused.status_code, refused["Retry-After"]) == (503, "1")
    assert refused["Content-Type"] == "application/problem+json"
    assert orjson.loads(refused.content)["code"] == "overloaded"
    full.let_go.set()
    for thread in threads:
        thread.join(60)
    assert sorted(full.answers) == [200] * 2 + [503]
    assert full.come().status_code == 200


def test_whoever_was_kept_waiting_is_refused(house: Callable[..., House]) -> None:
    late = house(2)
    answer = late.come(**{CAME_AT: perf_counter() - admission.PATIENCE - 0.1})
    assert (answer.status_code, answer["Retry-After"], late.inside) == (503, "1", 0)


def test_behind_another_server_one_waits_here_but_not_for_long(
    house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "PATIENCE", 0.01)
    full = house(1)
    (thread,) = full.send_in(1)
    eventually(lambda: full.inside == 1, "one is inside")
    assert full.admission(RequestFactory().get("/api/tasks/")).status_code == 503
    monkeypatch.setattr(admission, "PATIENCE", 60)
    threading.Timer(0.05, full.let_go.set).start()
    assert full.admission(RequestFactory().get("/api/tasks/")).status_code == 200
    thread.join(60)


def test_probes_are_always_let_in(house: Callable[..., House]) -> None:
    full = house(1)
    threads = full.send_in(1)
    eventually(lambda: full.inside == 1, "one is inside")
    probes = [threading.Thread(target=full.come, args=(path,)) for path in ("/healthz", "/readyz", "/metrics")]
    for probe in probes:
        probe.start()
    eventually(lambda: full.inside == 4, "they are inside too")
    full.let_go.set()
    for thread in threads + probes:
        thread.join(60)


def test_a_view_that_fails_gives_its_place_back(house: Callable[..., House]) -> None:
    broken = house(1)
    broken.admission.get_response = lambda request: 1 / 0  # type: ignore[assignment,return-value]
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            broken.come()


def test_whoever_is_refused_while_still_sending_sees_why_and_goes_on(installation: Installation) -> None:
    installation.serve()
    client = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=60)
    body = b'{"text": "Mend the roof"}'
    for _ in range(3):
        client.putrequest("POST", "/api/tasks/")
        client.putheader("Content-Type", "application/json")
        client.putheader("Content-Length", str(len(body)))
        client.endheaders()
        time.sleep(0.2)  # as long as the network takes
        client.send(body)
        answer = client.getresponse()
        assert (answer.status, orjson.loads(answer.read())["code"]) == (401, "not_authenticated")


def test_a_server_that_is_overrun_refuses_and_answers_the_others_and_its_probes(installation: Installation) -> None:
    installation.serve(DJIRGO_WEB_THREADS="2", DJIRGO_WEB_WAITING="2")
    credentials = {"username": "ann", "password": "a password for work"}
    statuses: list[int] = []
    enough = threading.Event()

    def ask() -> None:
        """Log-in takes its time: the password is hashed."""
        with httpx.Client(base_url=installation.url, timeout=60) as client:
            while not enough.is_set():
                statuses.append(client.post("/api/auth/jwt/create/", json=credentials).status_code)

    httpx.post(f"{installation.url}/api/auth/users/", json=credentials, timeout=60)
    threads = [threading.Thread(target=ask) for _ in range(24)]
    for thread in threads:
        thread.start()
    eventually(lambda: statuses.count(503) > 20 and statuses.count(200) > 5, "some are refused, and some are answered")
    assert httpx.get(f"{installation.url}/healthz", timeout=60).status_code == 200
    enough.set()
    for thread in threads:
        thread.join(60)
    assert set(statuses) == {200, 503}
