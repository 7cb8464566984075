"""The pages beside the board for everybody: with a screen reader, in the dark, on a phone."""

import pytest
from playwright.sync_api import expect

from .conftest import Person
from .test_everybody import PHONE, complaints

pytestmark = pytest.mark.once


def busy_project(ann: Person, name: str) -> int:
    """With a member, a policy, something that waits, something that is done, and something that came back."""
    project = ann.api.post("/api/projects/", json={"name": name, "policy": "round_robin"}).json()["id"]
    assert ann.api.patch(f"/api/projects/{project}/members/me/", json={"skills": ["roof"], "wip_limit": 9}).is_success
    ann.add("Weld the gate", project=project, labels=["weld"])
    running, done, lost = (ann.add(text, project=project, labels=["roof"]) for text in ("Mend", "Paint", "Sell"))
    for task in (running, done, lost):
        ann.say(task, "start")
    ann.say(done, "complete")
    ann.say(lost, "fail", reason="Nobody wants it")
    return int(project)


def addresses(project: int) -> list[str]:
    names = ("settings", "giving-out", "reports", "team", "queue")
    return ["/mine/", "/mine/access/", "/projects/new/", *(f"/projects/{project}/{name}/" for name in names)]


def test_a_screen_reader_stumbles_over_nothing_beside_the_board(ann: Person) -> None:
    project = busy_project(ann, "Beside the board")
    page = ann.window(color_scheme="light", reduced_motion="reduce")
    for address in addresses(project):
        page.goto(address)
        expect(page.locator("h1")).to_have_count(1)
        for folded in page.locator("main details:not(.menu) > summary").all():
            folded.click()
        assert complaints(page) == [], address


def test_a_phone_shows_every_page_without_scrolling_sideways(ann: Person) -> None:
    project = busy_project(ann, "Beside on a phone")
    page = ann.window(**PHONE)
    for address in addresses(project):
        page.goto(address)
        wider = page.evaluate(
            "() => { const main = document.querySelector('main'); return main.scrollWidth - main.clientWidth }"
        )
        assert wider <= 0, address


#: Words below a plot that touch each other, or are smaller than anybody can read; and tables that leave their box.
CROWDED = """() => {
  const box = (element) => element.getBoundingClientRect();
  const feet = (plot) => [...plot.querySelectorAll("text[text-anchor=middle]")].map(box);
  const touching = (all) => all.filter((foot, place) => place && foot.left < all[place - 1].right + 2);
  const small = (plot) => [...plot.querySelectorAll("text")].map(box).filter(({ height }) => height < 10);
  const out = [...document.querySelectorAll(".box table")].filter(
    (table) => !table.closest(".wide, details") && box(table).right > box(table.closest(".box")).right - 14,
  );
  return [...document.querySelectorAll("svg[role=img]")].flatMap((plot) => [...touching(feet(plot)), ...small(plot)])
    .concat(out).length;
}"""


def test_what_a_report_says_can_be_read_on_a_phone_in_russian(ann: Person) -> None:
    project = busy_project(ann, "Дом, который строят уже который год")
    page = ann.window(locale="ru-RU", **PHONE)
    for address in (f"/projects/{project}/reports/", "/mine/"):
        page.goto(address)
        expect(page.locator("svg[role=img]").first).to_be_visible()
        assert page.evaluate(CROWDED) == 0, address


def test_only_the_page_itself_scrolls_and_never_the_window_around_it(ann: Person) -> None:
    project = busy_project(ann, "Beside a window")
    page = ann.window(**PHONE)
    for address in (*addresses(project), f"/tasks/{ann.add('Measure the window')}/"):
        page.goto(address)
        further = page.evaluate("() => document.documentElement.scrollHeight - innerHeight")
        assert further <= 0, address


def test_what_i_hold_is_told_in_its_line_and_not_where_the_connection_is(ann: Person) -> None:
    task = ann.add("Sharpen the saw", labels=["tools"])
    ann.say(task, "start")
    page = ann.window("/mine/", reduced_motion="reduce")
    line = page.locator(".line", has_text="Sharpen the saw")
    around, about = line.bounding_box(), line.locator(".line-foot").bounding_box()
    assert around is not None
    assert about is not None
    assert around["y"] < about["y"] < about["y"] + about["height"] < around["y"] + around["height"]
    done = line.get_by_role("button", name="Complete")
    colour = "(element) => getComputedStyle(element).color"
    assert done.locator(".icon").evaluate(colour) == done.evaluate(colour)


def test_a_token_is_made_and_used(ann: Person) -> None:
    page = ann.window("/mine/access/")
    page.locator("#token-name").fill("laptop")
    page.get_by_role("button", name="Make it").first.click()
    token = page.locator("#token-text").input_value()
    answer = ann.api.get("/api/tasks/", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    page.goto("/mine/access/")
    expect(page.locator("#tokens tbody tr")).to_have_count(1)
    assert token not in page.content()
