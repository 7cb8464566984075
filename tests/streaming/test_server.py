"""Streams through a real server: events are told once and in order, whatever is cut, killed or taken away."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.live import Installation, Process, installed
from tests.servers import eventually
from tests.streaming.conftest import Told, read

EVENTS = Path(__file__).parents[2] / "docs/events.md"
PASSWORD = "a password for work"
SEATS = 4
numbers = count(1)


class Site:
    """A web server and a worker, for the whole module."""

    def __init__(self, place: Installation) -> None:
        self.place = place
        self.listeners: list[Listener] = []
        self.web = place.serve()
        place.work()

    @property
    def url(self) -> str:
        return self.place.url

    def person(self, name: str) -> "Person":
        return Person(self, f"{name}{next(numbers)}")

    def django(self, code: str) -> str:
        done = self.place.run("shell", "-v0", "-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def open_streams(self) -> float:
        families = text_string_to_metric_families(httpx.get(f"{self.url}/metrics").text)
        return next(family.samples[0].value for family in families if family.name == "djirgo_live_streams")


class Person:
    def __init__(self, site: Site, name: str) -> None:
        self.site, self.name = site, name
        self.client = httpx.Client(base_url=site.url, timeout=20)
        credentials = {"username": name, "password": PASSWORD}
        assert self.client.post("/api/auth/users/", json=credentials).status_code == 201
        self.access = self.client.post("/api/auth/jwt/create/", json=credentials).json()["access"]
        self.client.headers["Authorization"] = f"Bearer {self.access}"

    def put_in(self, **task: Any) -> int:
        answer = self.client.post("/api/tasks/", json={"text": "A letter"} | task)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def log(self, after: int = 0) -> list[int]:
        """The places of all that the feed has for them."""
        found: list[int] = []
        while page := self.client.get("/api/events/", params={"after": after, "page_size": 200}).json()["results"]:
            found += [event["sequence"] for event in page]
            after = found[-1]
        return found


class Listener(threading.Thread):
    """Reads a stream, and where it breaks off goes on after the last that it was told, as a browser does."""

    def __init__(self, person: Person, *, after: int | None = None, cut_every: int = 0, **headers: str) -> None:
        super().__init__(daemon=True)
        self.url = f"{person.site.url}/api/events/stream/"
        self.headers = headers or {"Authorization": f"Bearer {person.access}"}
        self.place, self.cut_every = after, cut_every
        self.told: list[Told] = []
        self.cuts = 0
        self.refused = 0
        self.is_open = threading.Event()
        self.has_ended = threading.Event()
        self.stops = False
        self.socket: socket.socket | None = None
        person.site.listeners.append(self)
        self.start()
        assert self.is_open.wait(60)

    def run(self) -> None:
        while not self.stops:
            with suppress(httpx.TransportError):
                self._listen()
            self.cuts += 1
            self.stops = self.stops or bool(self.refused)

    def _listen(self) -> None:
        headers = self.headers | ({} if self.place is None else {"Last-Event-ID": str(self.place)})
        with httpx.stream("GET", self.url, headers=headers, timeout=60) as answer:
            if answer.status_code == 503:
                time.sleep(0.2)
                return
            if answer.status_code != 200:
                self.refused = answer.status_code
                self.is_open.set()
                return
            heard = 0
            self.socket = answer.extensions["network_stream"].get_extra_info("socket")
            for told in read(answer.iter_lines()):
                self.place = told.place
                self.is_open.set()
                if told.envelope:
                    self.told.append(told)
                    heard += 1
                if self.stops or heard == self.cut_every > 0:
                    return
            self.has_ended.set()

    def go(self) -> None:
        """At once, in the middle of a word."""
        self.stops = True
        if self.socket:
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)

    @property
    def places(self) -> list[int]:
        return [told.place for told in self.told]

    def hears(self, place: int) -> None:
        eventually(lambda: place in self.places, f"{place} is told", patience=60)

    def up_to(self, place: int) -> list[int]:
        """What it was told until then, as soon as it was."""
        self.hears(place)
        return self.places[: self.places.index(place) + 1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = {"DJIRGO_WEB_THREADS": "16", "DJIRGO_LIVE_STREAMS": str(SEATS)}
    with installed(tmp_path_factory.mktemp("site") / "data", **settings) as place:
        yield Site(place)


@pytest.fixture(autouse=True)
def quiet(site: Site) -> Iterator[None]:
    """Whoever listened in a test has gone when the next begins. The server sees it when it has something to tell."""
    yield
    for listener in site.listeners:
        listener.go()
    if site.open_streams():
        site.person("last").put_in()
    eventually(lambda: site.open_streams() == 0, "nobody listens", patience=60)


def busy(people: list[Person], changes: int) -> None:
    """So many changes by all of them at the same time: each task is put in and started."""

    def work(person: Person) -> None:
        for _ in range(changes // len(people) // 2):
            task = person.put_in()
            assert person.client.post(f"/api/tasks/{task}/start/").status_code == 200

    threads = [threading.Thread(target=work, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def marked(person: Person) -> int:
    """The place of an event that happens now, after all that has been answered."""
    task = person.put_in(text="The last one")
    places: list[int] = []

    def has_a_place() -> bool:
        history = person.client.get(f"/api/tasks/{task}/history/").json()["results"]
        places[:] = [event["sequence"] for event in history if event["sequence"]]
        return bool(places)

    eventually(has_a_place, "it has a place in the log", patience=60)
    return places[0]


def test_all_who_listen_are_told_everything_once_and_in_order(site: Site) -> None:
    people = [site.person("ann") for _ in range(4)]
    ann = people[0]
    before = marked(ann)
    listeners = [Listener(ann, after=before), Listener(people[1], after=before)]
    busy(people, 200)
    last = marked(ann)
    happened = ann.log(before)
    assert len(happened) > 200
    for listener in listeners:
        assert listener.up_to(last) == happened
        assert [told.envelope["sequence"] for told in listener.told if told.envelope] == listener.places
        assert {told.type for told in listener.told} == {"task.created", "task.started"}


def test_whoever_is_cut_off_again_and_again_resumes_without_a_gap(site: Site) -> None:
    people = [site.person("ann") for _ in range(4)]
    before = marked(people[0])
    listener = Listener(people[0], after=before, cut_every=7)
    busy(people, 200)
    last = marked(people[0])
    assert listener.up_to(last) == people[0].log(before)
    assert listener.cuts > 10


def test_a_web_server_that_is_killed_costs_nobody_an_event(site: Site) -> None:
    ann = site.person("ann")
    before = marked(ann)
    listener = Listener(ann, after=before)
    for _ in range(3):
        busy([ann], 10)
        os.kill(worker_of(site.web), signal.SIGKILL)
        eventually(lambda: not site.web.is_running or site.place.answers(), "it answers, or has given up")
        if not site.web.is_running:
            site.web = site.place.serve()
    site.web.kill()
    site.web = site.place.serve()
    last = marked(ann)
    assert listener.up_to(last) == ann.log(before)


def worker_of(web: Process) -> int:
    """The process that answers, below the one that watches it."""
    return next(
        pid for pid in web.descendants() if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    )


def test_from_now_on_is_from_now_on(site: Site) -> None:
    ann = site.person("ann")
    before = marked(ann)
    listener = Listener(ann)
    after = marked(ann)
    listener.hears(after)
    assert before not in listener.places


@pytest.mark.once
def test_a_place_may_be_said_in_the_address_and_what_a_browser_adds_goes_before(site: Site) -> None:
    ann = site.person("ann")
    first, second = marked(ann), marked(ann)
    headers = {"Authorization": f"Bearer {ann.access}"}
    address = f"{site.url}/api/events/stream/?after={first - 1}"
    for place, more in [(first, {}), (second, {"Last-Event-ID": str(second - 1)})]:
        with httpx.stream("GET", address, headers=headers | more, timeout=60) as answer:
            assert answer.headers["Content-Type"] == "text/event-stream"
            assert answer.headers["Cache-Control"] == "no-store"
            assert next(told.place for told in read(answer.iter_lines()) if told.envelope) == place


MEMBERS = """
from django.utils import timezone
from djirgo.accounts.models import User
from djirgo.tasks.models import Project
boss, ann = (User.objects.get(username=name) for name in {names!r})
now = timezone.now()
"""


def test_a_private_project_is_heard_by_its_members_for_as_long_as_they_are(site: Site) -> None:
    boss, ann, stranger = site.person("boss"), site.person("ann"), site.person("stranger")
    names = MEMBERS.format(names=[boss.name, ann.name])
    founded = site.django(
        names + "project = Project.create(by=boss, at=now, name='Ours')\n"
        "project.admit(ann, by=boss, at=now)\nprint('project', project.pk)"
    )
    project = int(founded.split()[-1])
    listeners = [Listener(person) for person in (boss, ann, stranger)]
    secret = boss.put_in(project=project)
    first = marked(boss)
    for listener in listeners:
        listener.hears(first)

    site.django(names + f"Project.objects.get(pk={project}).remove_member(ann, by=boss, at=now)")
    after = boss.put_in(project=project)
    last = marked(boss)
    for listener in listeners:
        listener.hears(last)

    def tasks(listener: Listener) -> set[str]:
        return {told.envelope["subject"] for told in listener.told if told.envelope}

    both = {f"tasks/{secret}", f"tasks/{after}"}
    assert [tasks(listener) & both for listener in listeners] == [both, {f"tasks/{secret}"}, set()]


ENDINGS = {
    "token": "ApiToken.objects.filter(user__username={name!r}).delete()",
    "deactivated": "user = User.objects.get(username={name!r}); user.is_active = False; user.save()",
    "password": "user = User.objects.get(username={name!r}); user.set_password('another one'); user.save()",
    "logged out": "Session.objects.all().delete()",
}
NEW_SESSION = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from djirgo.accounts.models import User
user = User.objects.get(username={name!r})
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print("session", session.session_key)
"""
IMPORTS = "from django.contrib.sessions.models import Session\nfrom djirgo.accounts.models import ApiToken, User\n"


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_stream_ends_with_what_let_its_listener_in(site: Site, ending: str) -> None:
    ann, bob = site.person("ann"), site.person("bob")
    headers = {"Authorization": f"Bearer {ann.access}"}
    if ending == "token":
        made = ann.client.post("/api/tokens/", json={"name": "reader", "scopes": ["read"]})
        headers = {"Authorization": f"Bearer {made.json()['token']}"}
    if ending == "logged out":
        headers = {"Cookie": f"sessionid={site.django(NEW_SESSION.format(name=ann.name)).split()[-1]}"}
    listener = Listener(ann, **headers)
    listener.hears(marked(bob))
    site.django(IMPORTS + ENDINGS[ending].format(name=ann.name))
    listener.join(60)
    assert listener.has_ended.is_set()
    assert listener.refused == 401


def test_a_page_may_also_ask_with_its_session_and_write_nothing(site: Site) -> None:
    ann = site.person("ann")
    place = marked(ann)
    cookie = {"Cookie": f"sessionid={site.django(NEW_SESSION.format(name=ann.name)).split()[-1]}"}
    page = httpx.get(f"{site.url}/api/events/", params={"after": place - 1}, headers=cookie)
    assert page.json()["results"][0]["sequence"] == place
    assert httpx.post(f"{site.url}/api/tasks/", json={"text": "x"}, headers=cookie).status_code == 401
    assert httpx.post(f"{site.url}/api/events/stream/", headers=cookie).status_code == 401


@pytest.mark.once
def test_past_the_seats_a_stream_is_refused_and_all_else_is_answered(site: Site) -> None:
    ann = site.person("ann")
    listeners = [Listener(ann) for _ in range(SEATS)]
    assert site.open_streams() == SEATS
    refused = ann.client.get("/api/events/stream/", headers={"Accept": "text/event-stream"})
    assert (refused.status_code, refused.json()["code"]) == (503, "too_many_streams")
    assert int(refused.headers["Retry-After"]) > 0
    assert ann.log(marked(ann) - 1)
    listeners[0].stops = True
    eventually(lambda: site.open_streams() < SEATS, "the seat is free", patience=60)
    Listener(ann)


@pytest.mark.once
def test_a_stop_ends_streams_as_they_should_end(site: Site) -> None:
    ann = site.person("ann")
    listeners = [Listener(ann), Listener(ann)]
    for listener in listeners:
        listener.stops = True
    assert site.web.terminate() == 0
    assert "Killing worker" not in site.web.output
    for listener in listeners:
        assert listener.has_ended.wait(60)
    site.web = site.place.serve()


NONSENSE = ["-1", "x", "1.5", "9223372036854775808", ""]


@pytest.mark.once
@pytest.mark.parametrize("place", NONSENSE)
def test_a_place_that_is_none_is_refused_by_name(site: Site, place: str) -> None:
    ann = site.person("ann")
    by_address = ann.client.get("/api/events/stream/", params={"after": place})
    by_header = ann.client.get("/api/events/stream/", headers={"Last-Event-ID": place})
    for answer, field in [(by_address, "after"), (by_header, "Last-Event-ID")]:
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == field


@pytest.mark.once
def test_an_unknown_parameter_is_refused_and_so_is_whoever_is_unknown(site: Site) -> None:
    assert site.person("ann").client.get("/api/events/stream/?before=1").status_code == 400
    assert httpx.get(f"{site.url}/api/events/stream/").status_code == 401
    assert site.person("ann").client.head("/api/events/stream/").status_code == 405


@pytest.mark.once
def test_the_reader_to_copy_resumes_where_it_was(site: Site, tmp_path: Path) -> None:
    ann = site.person("ann")
    first = marked(ann)
    section = EVENTS.read_text().partition("## The stream\n")[2].partition("\n## ")[0]
    (code,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    reader = tmp_path / "reader.py"
    reader.write_text(code.replace("http://127.0.0.1:8000", site.url).replace("djirgo_…", ann.access))
    place = tmp_path / "place.txt"
    place.write_text(str(first - 1))
    told: list[str] = []
    for last in (first, marked(ann)):
        process = subprocess.Popen(
            [sys.executable, "-u", str(reader)],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        eventually(lambda last=last: int(place.read_text() or 0) >= last, "it has come so far", patience=60)  # type: ignore[misc]
        process.kill()
        told += process.communicate()[0].splitlines()
    # One that was dealt with when the reader was killed may have been told again.
    assert list(dict.fromkeys(int(line.split()[0]) for line in told)) == ann.log(first - 1)
