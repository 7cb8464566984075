"""`live/stream.js` in a browser: every event once and in order, whatever becomes of the line and of the page."""

from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from .conftest import Person
from .test_live import is_heard

pytestmark = pytest.mark.once

LISTEN = "window.told = []; document.addEventListener('djirgo:event', ({detail}) => told.push(detail.sequence))"
HIDE = "(hidden) => Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })"
LOOK = "document.dispatchEvent(new Event('visibilitychange'))"


def listening(person: Person) -> Page:
    page = person.window("/?label=none")
    page.evaluate(LISTEN)
    is_heard(page)
    return page


def place_of(person: Person, task: int) -> int:
    """Where the event of the task's beginning stands in the log, as soon as it does."""
    while True:
        history: list[dict[str, Any]] = person.api.get(f"/api/tasks/{task}/history/").json()["results"]
        places = [event["sequence"] for event in history if event["sequence"]]
        if places:
            return int(min(places))


def happened(person: Person, first: int, last: int) -> list[int]:
    found = person.api.get("/api/events/", params={"after": first - 1, "page_size": 200}).json()["results"]
    return [event["sequence"] for event in found if event["sequence"] <= last]


def is_told_of(page: Page, place: int) -> None:
    page.wait_for_function("(place) => told.includes(place)", arg=place, timeout=30_000)


def is_stream(request: Request) -> bool:
    return "/api/events/stream/" in request.url


def test_whoever_is_cut_off_again_and_again_hears_all_of_it_once(ann: Person, bob: Person) -> None:
    page = listening(ann)
    first = place_of(bob, bob.add("Say one"))
    is_told_of(page, first)
    for number in range(3):
        page.context.set_offline(True)
        is_heard(page, "lost")
        for _ in range(3):
            last = bob.add(f"Say it again, {number}")
        page.context.set_offline(False)
        is_heard(page)
    is_told_of(page, place_of(bob, last))
    told = page.evaluate("told")
    assert told == happened(bob, told[0], told[-1])


def test_a_page_that_nobody_looks_at_lets_go_and_catches_up(ann: Person, bob: Person) -> None:
    page = listening(ann)
    with page.expect_event("requestfailed", is_stream):
        page.evaluate(HIDE, True)
        page.evaluate(LOOK)
    place = place_of(bob, bob.add("While nobody looks"))
    with page.expect_request(is_stream):
        page.evaluate(HIDE, False)
        page.evaluate(LOOK)
    is_told_of(page, place)
    expect(page.locator("#line")).to_have_attribute("data-state", "live")


def test_a_page_that_is_left_lets_go_at_once_and_listens_again_when_one_comes_back(ann: Person, bob: Person) -> None:
    page = listening(ann)
    with page.expect_event("requestfailed", is_stream):
        page.evaluate("dispatchEvent(new Event('pagehide'))")
    place = place_of(bob, bob.add("While nobody is there"))
    with page.expect_request(is_stream):
        page.evaluate("dispatchEvent(new Event('pageshow'))")
    is_told_of(page, place)


def test_what_the_server_breaks_off_is_opened_again_and_not_in_a_rush(ann: Person, bob: Person) -> None:
    page = ann.window(None)
    tries: list[str] = []
    headers = {"Content-Type": "text/event-stream"}

    def end_at_once(route: Any) -> None:
        tries.append(route.request.url)
        route.fulfill(status=200, headers=headers, body="retry: 1000\nid: 1\n\n")

    page.route("**/api/events/stream/**", end_at_once)
    page.goto("/?label=none")
    page.evaluate(LISTEN)
    with page.expect_request(is_stream):
        pass
    page.unroute("**/api/events/stream/**")
    is_told_of(page, place_of(bob, bob.add("After the rush")))
    assert 1 <= len(tries) < 30
