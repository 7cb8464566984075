"""Real people in a real Chromium, on a real installation.

Playwright keeps a loop running in this thread while it is on, in which Django's database cannot be asked: these tests
talk to their installation over HTTP alone, and Playwright is off again before other tests run.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.conftest import without
from tests.live import Installation, installed
from tests.servers import Missing

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PASSWORD = "an apple a day"
#: What the browser itself says of an answer that refuses.
OF_REFUSALS = re.compile(
    r"Failed to load resource: (the server responded with a status of 4|net::ERR_INTERNET_DISCONNECTED)"
)
WIDE = {"width": 1280, "height": 800}

#: Patience, for a machine that others use as well; nothing waits longer than it has to.
expect.set_options(timeout=30_000)


@dataclass
class Person:
    """Somebody with an account, a program of their own, and as many windows as they open."""

    name: str
    site: "Site"
    api: httpx.Client
    wrong: list[str] = field(default_factory=list)

    def window(self, address: str | None = "/", **options: Any) -> Page:
        """A window of a browser in which they are logged in; an empty one where no address is said."""
        context = self.site.context(**options)
        context.add_cookies([{"name": "sessionid", "value": self.session(), "url": self.site.url}])
        page = context.new_page()
        self.watch(page)
        if address:
            page.goto(address)
        return page

    def session(self) -> str:
        with httpx.Client(base_url=self.site.url, headers={"Accept": "text/html"}) as browser:
            browser.get("/log-in/")
            said = {"username": self.name, "password": PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
            browser.post("/log-in/", data=said)
            return browser.cookies["sessionid"]

    def watch(self, page: Page) -> None:
        def said(message: ConsoleMessage) -> None:
            if message.type == "error" and not OF_REFUSALS.match(message.text):
                self.wrong.append(message.text)

        page.on("console", said)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def add(self, text: str, **more: Any) -> int:
        answer = self.api.post("/api/tasks/", json={"text": text} | more)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def say(self, task: int, verb: str, **said: Any) -> dict[str, Any]:
        answer = self.api.post(f"/api/tasks/{task}/{verb}/", json=said)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def look(self, task: int) -> dict[str, Any]:
        return dict(self.api.get(f"/api/tasks/{task}/").json())


@dataclass
class Site:
    """An installation, and the browser that everybody uses."""

    url: str
    browser: Browser
    people: list[Person] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def context(self, **options: Any) -> BrowserContext:
        context = self.browser.new_context(**{"base_url": self.url, "viewport": WIDE, "locale": "en-GB"} | options)
        self.contexts.append(context)
        return context

    def person(self, name: str) -> Person:
        api = httpx.Client(base_url=self.url, timeout=30)
        said = {"username": name, "password": PASSWORD}
        api.post("/api/auth/users/", json=said)
        api.headers["Authorization"] = f"Bearer {api.post('/api/auth/jwt/create/', json=said).json()['access']}"
        person = Person(name, self, api)
        self.people.append(person)
        return person

    def go_home(self) -> None:
        for context in self.contexts:
            context.close()
        for person in self.people:
            person.api.close()
        self.contexts.clear()
        self.people.clear()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        without(Missing("Chromium is not installed: the board is not tried in a browser."))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One for all of these tests: each has its own people and tasks."""
    with installed(tmp_path_factory.mktemp("board") / "data") as place:
        place.up()
        yield place


@pytest.fixture
def site(chromium: Browser, running: Installation) -> Iterator[Site]:
    """Nothing that went wrong on anybody's page stays unsaid."""
    site = Site(running.url, chromium)
    yield site
    wrong = [line for person in site.people for line in person.wrong]
    site.go_home()
    assert wrong == []


@pytest.fixture
def somebody(site: Site, request: pytest.FixtureRequest) -> Callable[[str], Person]:
    """A person whom no other test knows."""
    suffix = re.sub(r"\W", "", request.node.name)[-60:]
    return lambda name: site.person(f"{name}.{suffix}")


@pytest.fixture
def ann(somebody: Callable[[str], Person]) -> Person:
    return somebody("ann")


@pytest.fixture
def bob(somebody: Callable[[str], Person]) -> Person:
    return somebody("bob")
