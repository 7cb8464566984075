"""A day at the board: adding, dragging, keys, refusals, and what happens when the line is cut."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.servers import eventually

from .conftest import PASSWORD, Person, Site


def card(page: Page, task: int) -> Locator:
    return page.locator(f"#card-{task}")


def column(page: Page, status: str) -> Locator:
    return page.locator(f'.column[data-status="{status}"]')


def drag(page: Page, what: Locator, onto: Locator) -> None:
    what.scroll_into_view_if_needed()
    start, end = what.bounding_box(), onto.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 60, start["y"] + 14)
    page.mouse.down()
    page.mouse.move(end["x"] + 80, end["y"] + 160, steps=5)
    page.mouse.up()


def test_somebody_registers_adds_a_task_and_opens_it(site: Site) -> None:
    page = site.context().new_page()
    page.goto("/")
    page.get_by_role("link", name=re.compile("Register|Make the first account")).first.click()
    page.get_by_label("Username").fill("newcomer")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The password once more").fill(PASSWORD)
    page.get_by_role("button", name="Register").click()
    page.wait_for_url(f"{site.url}/")
    page.get_by_role("textbox", name="New task").fill("Water the palms #garden !high @me ^tomorrow")
    page.keyboard.press("Enter")
    link = column(page, "New").get_by_role("link", name="Water the palms")
    expect(link).to_be_visible()
    expect(page.get_by_role("textbox", name="New task")).to_have_value("")
    expect(page.get_by_role("textbox", name="New task")).to_be_focused()
    link.click()
    expect(page).to_have_url(re.compile(r"/tasks/\d+/$"))
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="Water the palms")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page).to_have_url(f"{site.url}/")
    expect(link).to_be_focused()
    page.go_back()
    expect(panel.get_by_role("heading", name="Water the palms")).to_be_visible()
    page.go_back()
    expect(panel).to_be_hidden()


@pytest.mark.once
def test_a_card_is_dragged_through_its_life(ann: Person) -> None:
    task = ann.add("Carry the piano upstairs", priority="urgent")
    page = ann.window()
    drag(page, card(page, task), column(page, "In_Progress"))
    expect(column(page, "In_Progress").locator(f"#card-{task} .clock.is-running")).to_be_visible()
    assert ann.look(task)["task_status"] == "In_Progress"
    expect(card(page, task).locator(".clock")).not_to_have_text("00:00:00")
    drag(page, card(page, task), column(page, "Completed"))
    expect(column(page, "Completed").locator(f"#card-{task}")).not_to_have_class(re.compile("is-waiting"))
    assert ann.look(task)["task_status"] == "Completed"
    expect(page.locator("#panel")).to_be_hidden()


@pytest.mark.once
def test_a_laptop_shows_what_needs_attention_beside_all_the_rest(ann: Person) -> None:
    task = ann.add("Catch the hamster", labels=["hamster"])
    ann.say(task, "start")
    ann.say(task, "fail", reason="It bit me", retry=False)
    page = ann.window("/?label=hamster")
    assert column(page, "Failed").bounding_box()
    assert page.locator("#board").evaluate("(board) => board.scrollWidth <= board.clientWidth")


@pytest.mark.once
def test_a_refused_drag_snaps_back_and_says_why(ann: Person, bob: Person) -> None:
    task = ann.add("Tune the piano", priority="urgent")
    ann.say(task, "start")
    page = bob.window()
    drag(page, card(page, task), column(page, "Completed"))
    expect(page.get_by_role("alert")).to_contain_text("You may not complete this task.")
    expect(column(page, "In_Progress").locator(f"#card-{task}")).to_be_visible()
    assert ann.look(task)["task_status"] == "In_Progress"


@pytest.mark.once
def test_everything_is_done_by_keys(ann: Person) -> None:
    page = ann.window()
    page.keyboard.press("n")
    page.keyboard.type("Polish the piano !urgent")
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="Polish the piano")
    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    link.focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(column(page, "In_Progress").get_by_role("link", name="Polish the piano")).to_be_focused()
    expect(page.locator("#messages")).to_contain_text("Moved to “In progress”")
    page.keyboard.press("d")
    expect(column(page, "Completed").get_by_role("link", name="Polish the piano")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("polish")
    expect(page.get_by_role("option", name="Polish the piano")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#panel").get_by_role("heading", name="Polish the piano")).to_be_focused()


@pytest.mark.once
def test_keys_mean_the_same_while_one_writes_in_another_alphabet(ann: Person) -> None:
    page = ann.window(locale="ru-RU")
    keyboard = page.context.new_cdp_session(page)

    def press(key: str, code: str, **more: Any) -> None:
        for kind in ("keyDown", "keyUp"):
            keyboard.send("Input.dispatchKeyEvent", {"type": kind, "key": key, "code": code} | more)

    press("т", "KeyN")
    expect(page.get_by_role("textbox", name="Новая задача")).to_be_focused()
    page.keyboard.press("Escape")
    press("л", "KeyK", modifiers=2)
    expect(page.locator("#palette")).to_be_visible()


@pytest.mark.once
def test_escape_leaves_the_palette_at_once(ann: Person) -> None:
    page = ann.window()
    page.keyboard.press("Control+k")
    page.keyboard.type("roof")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()


@pytest.mark.once
def test_arrows_walk_from_card_to_card(ann: Person) -> None:
    first, second = (ann.add(f"Walk {number}", labels=["walk"]) for number in (1, 2))
    done = ann.add("Walk 3", labels=["walk"])
    ann.say(done, "start")
    page = ann.window("/?label=walk")
    card(page, first).locator("a").focus()
    for key, task in [("ArrowDown", second), ("ArrowRight", done), ("ArrowLeft", first), ("j", second), ("k", first)]:
        page.keyboard.press(key)
        expect(card(page, task).locator("a")).to_be_focused()


@pytest.mark.once
def test_next_task_for_me_opens_what_it_has_started(ann: Person) -> None:
    zoo = ann.api.post("/api/projects/", json={"name": "Zoo"}).json()["id"]
    task = ann.add("Feed the crocodiles", project=zoo)
    page = ann.window(f"/projects/{zoo}/")
    page.keyboard.press("t")
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="Feed the crocodiles")).to_be_visible()
    expect(panel.get_by_role("button", name="Complete")).to_be_visible()
    expect(column(page, "In_Progress").locator(f"#card-{task}")).to_be_visible()
    panel.get_by_role("button", name="Complete").click()
    expect(column(page, "Completed").locator(f"#card-{task}")).to_be_visible()
    expect(panel.get_by_role("button", name="Reopen")).to_be_visible()


@pytest.mark.once
def test_a_column_goes_on_where_one_scrolls(ann: Person) -> None:
    tasks = [{"text": f"Brick {number}", "labels": ["wall"]} for number in range(75)]
    assert ann.api.post("/api/tasks/bulk/", json=tasks).status_code == 201
    page = ann.window("/?label=wall")
    cards = column(page, "New").locator(".card")
    expect(cards).to_have_count(30)
    expect(column(page, "New").locator("[data-count]")).to_have_text("75")
    for number in (60, 75):
        column(page, "New").locator(".more").scroll_into_view_if_needed()
        expect(cards).to_have_count(number)
    expect(column(page, "New").locator(".more")).to_have_count(0)


@pytest.mark.once
def test_a_filter_is_in_the_address_and_a_link_shows_the_same(ann: Person, bob: Person) -> None:
    task = ann.add("Read the meters", labels=["meters"])
    ann.add("Read the newspaper")
    page = ann.window()
    page.keyboard.press("/")
    page.keyboard.type("meters")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/\?search=meters$"))
    expect(page.locator(".card")).to_have_count(1)
    other = bob.window(page.url)
    expect(other.locator(".card")).to_have_count(1)
    expect(card(other, task)).to_be_visible()
    other.get_by_role("link", name="Without Search: meters").click()
    expect(other).to_have_url(re.compile(r"/$"))


@pytest.mark.once
def test_a_card_that_no_longer_matches_leaves_the_board(ann: Person) -> None:
    task = ann.add("Read the gas meter", labels=["gas"])
    page = ann.window("/?performer=none&label=gas")
    drag(page, card(page, task), column(page, "In_Progress"))
    expect(card(page, task)).to_have_count(0)
    assert ann.look(task)["task_status"] == "In_Progress"


@pytest.mark.once
def test_a_line_that_is_cut_is_told_and_changes_nothing(ann: Person) -> None:
    task = ann.add("Splice the cable", priority="urgent")
    page = ann.window()
    page.context.set_offline(True)
    drag(page, card(page, task), column(page, "In_Progress"))
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached.")
    expect(column(page, "New").locator(f"#card-{task}")).to_be_visible()
    page.context.set_offline(False)
    drag(page, card(page, task), column(page, "In_Progress"))
    expect(column(page, "In_Progress").locator(f"#card-{task} .is-running")).to_be_visible()


@pytest.mark.once
def test_who_was_logged_out_elsewhere_is_led_back_in(ann: Person) -> None:
    task = ann.add("Change the locks", priority="urgent")
    page = ann.window("/?search=locks")
    said = {"new_password": "a boat on a bay", "current_password": PASSWORD}
    assert ann.api.post("/api/auth/users/set_password/", json=said).status_code == 204
    drag(page, card(page, task), column(page, "In_Progress"))
    expect(page).to_have_url(re.compile(r"/log-in/\?next=%2F%3Fsearch%3Dlocks$"))


def test_without_javascript_all_of_it_works(ann: Person) -> None:
    page = ann.window(java_script_enabled=False)
    page.get_by_role("textbox", name="New task").fill("Write with a quill !urgent")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Write with a quill").click()
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("button", name="Complete").click()
    page.get_by_role("link", name="Edit the text").click()
    page.get_by_label("Text: the first line").fill("Write with a pen")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("heading", name="Write with a pen")).to_be_visible()
    expect(page.locator(".status").first).to_have_text("Completed")


@pytest.mark.once
def test_three_requests_and_the_board_can_be_used(ann: Person) -> None:
    """The document, its two styles and htmx; everything else only makes it quicker. Also where 10,000 cards stand."""
    project = ann.api.post("/api/projects/", json={"name": "The wall along the lane"}).json()["id"]
    stone = {"text": "A stone of the wall along the lane", "labels": ["wall", "lane"], "project": project}
    for _ in range(10):
        assert ann.api.post("/api/tasks/bulk/", json=[stone] * 1000).status_code == 201
    address = f"/api/projects/{project}/"
    eventually(lambda: ann.api.get(address).json()["counts"]["New"] == 10_000, "all of them have been counted")
    page = ann.window(None)
    carried: list[tuple[str, int]] = []
    page.route(re.compile(r"/static/web/\w+\.js"), lambda route: route.abort())
    page.on("requestfinished", lambda request: carried.append((request.url, size(request))))
    page.goto(f"/projects/{project}/")
    expect(column(page, "New").locator("[data-count]")).to_have_text(re.compile("10.?000"))
    expect(page.locator(".card")).to_have_count(30)
    page.get_by_role("textbox", name="New task").fill("Lay the last stone")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="New task")).to_have_value("")
    ann.wrong.clear()  # of the modules that were kept away
    first = [(url, size) for url, size in carried if "icon" not in url][:4]
    # Which of the styles is there first is the browser's own affair.
    assert sorted(url.rpartition("/")[2] for url, _ in first) == ["", "base.css", "board.css", "htmx-2.min.js"]
    assert sum(size for _, size in first) < 100_000


def size(request: Any) -> int:
    sizes = request.sizes()
    return int(sizes["responseBodySize"] + sizes["responseHeadersSize"])


@pytest.mark.once
def test_the_pages_of_others_bear_the_policy(ann: Person) -> None:
    page = ann.window("/api/docs/")
    expect(page.locator(".opblock").first).to_be_visible()
    page.goto("/admin/")
    expect(page.get_by_label("Username")).to_be_visible()
