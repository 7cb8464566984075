"""The board for everybody: on a phone, with a finger, in the dark, with a screen reader."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from djirgo.web.templatetags.djirgo import HUES

from .conftest import Person

pytestmark = pytest.mark.once

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}
FILLS_THE_PHONE = (
    "(({ x, width }) => x === 0 && width === 360)(document.getElementById('panel').getBoundingClientRect())"
)
#: What WCAG 2.2 asks at the levels A and AA, and what is known to be good besides.
OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"runOnly": ["color-contrast"]}
AVATARS = """(where, hues) => {
  const avatar = (hue) => `<span class="avatar hue-${hue}">AB</span> <span class="label hue-${hue}">label</span>`;
  where.innerHTML = Array.from({ length: hues }, (_, hue) => avatar(hue)).join(" ");
}"""
#: Where motion is reduced, colours change at once: nothing is on its way when the page has drawn itself again.
REDRAWN = """async (scheme) => {
  const isIn = matchMedia(`(prefers-color-scheme: ${scheme})`);
  for (let frames = 0; frames < 2; frames = isIn.matches ? frames + 1 : 0) await new Promise(requestAnimationFrame);
}"""


def complaints(page: Page) -> list[str]:
    """In light; in dark of the colours, which are all that differs."""
    found = [*violations(page, "light", OPTIONS), *violations(page, "dark", COLOURS)]
    return [f"{one['id']}: {node['html'][:200]} {node['failureSummary']}" for one in found for node in one["nodes"]]


def violations(page: Page, scheme: Any, options: dict[str, list[str]]) -> Any:
    page.emulate_media(color_scheme=scheme)
    page.evaluate(REDRAWN, scheme)
    return Axe().run(page, options=options).response["violations"]


def busy_board(ann: Person, label: str) -> int:
    """A card of every kind."""
    ann.add("Overdue", labels=[label, "house"], priority="urgent", due_at="2020-01-01T00:00:00Z")
    ann.add("Low", labels=[label], priority="low")
    blocker = ann.add("First", labels=[label], priority="high")
    ann.add("Second", labels=[label], blocked_by=[blocker])
    running, done, failed = (ann.add(name, labels=[label]) for name in ("Running", "Done", "Failed"))
    for task in (running, done, failed):
        ann.say(task, "start")
    ann.say(done, "complete")
    ann.say(failed, "fail", reason="It broke", retry=False)
    ann.api.post(
        f"/api/tasks/{running}/comments/", json={"text": "Nearly **there**, `soon` [see](https://example.org)"}
    )
    return running


def test_a_screen_reader_stumbles_over_nothing(ann: Person) -> None:
    running = busy_board(ann, "axe")
    page = ann.window("/?label=axe", color_scheme="light", reduced_motion="reduce")
    expect(page.locator(".card")).to_have_count(7)
    assert complaints(page) == []
    page.locator(f"#card-{running} a").click()
    expect(page.locator("#panel .comment")).to_be_visible()
    assert complaints(page) == []
    page.locator("#edit-text").click()
    expect(page.get_by_label("Text: the first line")).to_be_visible()
    assert complaints(page) == []
    page.goto("/")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette").get_by_role("option").first).to_be_visible()
    assert complaints(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert complaints(page) == []
    page.keyboard.press("Escape")
    page.locator(".me summary").click()
    page.locator(".filter-menu summary").click()
    assert complaints(page) == []
    for address in ("/password/", "/nothing/", f"/tasks/{running}/"):
        page.goto(address)
        assert complaints(page) == [], address


def test_an_avatar_can_be_read_in_every_colour(ann: Person) -> None:
    page = ann.window("/password/", color_scheme="light", reduced_motion="reduce")
    page.locator("h1").evaluate(AVATARS, HUES)
    expect(page.locator("h1 .avatar")).to_have_count(HUES)
    assert complaints(page) == []


def test_the_doors_are_open_to_everybody(ann: Person) -> None:
    page = ann.site.context(color_scheme="light", reduced_motion="reduce").new_page()
    for address in ("/log-in/", "/register/"):
        page.goto(address)
        assert complaints(page) == [], address
    page.get_by_role("button", name="Register").click()
    page.goto("/log-in/")
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert complaints(page) == []


def test_the_theme_is_turned_at_once_and_remembered(ann: Person) -> None:
    page = ann.window(color_scheme="light")
    page.locator(".me summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_phone_shows_all_of_it(ann: Person) -> None:
    task = ann.add("Ring the bell", labels=["phone"])
    page = ann.window("/?label=phone", **PHONE)
    page.get_by_role("link", name="Ring the bell").tap()
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="Ring the bell")).to_be_visible()
    page.wait_for_function(FILLS_THE_PHONE)  # when it has slid in
    panel.get_by_role("button", name="Start", exact=True).tap()
    expect(panel.get_by_role("button", name="Complete")).to_be_visible()
    panel.get_by_role("button", name="Close").tap()
    expect(page.locator(f'.column[data-status="In_Progress"] #card-{task}')).to_be_attached()
    page.locator(".drawer-toggle summary").tap()
    expect(page.get_by_role("link", name="General")).to_be_visible()
    for address in ("/", "/password/", "/log-in/", f"/tasks/{task}/"):
        page.goto(address)
        page.wait_for_function("document.documentElement.scrollWidth <= 360")


def test_the_menu_of_a_phone_cuts_nothing_off(ann: Person) -> None:
    for name in ("Attic", "Cellar", "Shed"):
        assert ann.api.post("/api/projects/", json={"name": name}).is_success
    page = ann.window("/", **PHONE)
    page.locator(".drawer-toggle summary").tap()
    expect(page.get_by_role("link", name="Settings")).to_be_visible()
    cut = "(lists) => lists.filter((list) => list.scrollHeight > list.clientHeight).length"
    assert page.locator(".drawer .nav").evaluate_all(cut) == 0


def test_who_has_no_keys_is_told_of_none(ann: Person) -> None:
    ann.api.post("/api/projects/", json={"name": "Without keys"})
    page = ann.window("/", **PHONE)
    page.locator(".drawer-toggle summary").tap()
    page.get_by_role("link", name="Without keys").tap()
    expect(page.locator(".welcome")).to_contain_text("Write it in one line:")
    expect(page.locator(".welcome kbd")).to_be_hidden()


def test_a_finger_that_rests_drags_and_one_that_moves_scrolls(ann: Person) -> None:
    task = ann.add("Lift the anchor", labels=["finger"])
    page = ann.window("/?label=finger", viewport={"width": 1000, "height": 700}, has_touch=True)
    card = page.locator(f"#card-{task}")
    start, end = card.bounding_box(), page.locator('.column[data-status="In_Progress"]').bounding_box()
    assert start is not None
    assert end is not None
    touch = page.context.new_cdp_session(page)

    def finger(kind: str, x: float, y: float) -> None:
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    x, y = start["x"] + 60, start["y"] + 14
    swipe = {"x": x, "y": y, "xDistance": 300, "yDistance": 40, "gestureSourceType": "touch", "speed": 4000}
    touch.send("Input.synthesizeScrollGesture", swipe)
    expect(page.locator(f'.column[data-status="New"] #card-{task}')).to_be_visible()
    finger("touchStart", x, y)
    expect(page.locator(".ghost")).to_be_visible()
    for step in range(1, 6):
        finger("touchMove", x + (end["x"] + 60 - x) * step / 5, y + 20 * step)
    finger("touchEnd", 0, 0)
    expect(page.locator(f'.column[data-status="In_Progress"] #card-{task} .is-running')).to_be_visible()
    assert ann.look(task)["task_status"] == "In_Progress"


def test_the_board_speaks_russian(ann: Person) -> None:
    page = ann.window("/?label=none", locale="ru-RU")
    expect(page.get_by_role("button", name="Следующая задача")).to_be_visible()
    page.keyboard.press("n")
    page.keyboard.type("Починить крышу #дом !срочно ^завтра")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Новая задача")).to_have_value("")
    page.goto("/?label=дом")
    expect(page.get_by_role("link", name="Починить крышу")).to_be_visible()
    expect(page.locator(".due")).to_contain_text("завтра")
    assert re.search("Требуют внимания|Новые", page.locator("#board").inner_text())
