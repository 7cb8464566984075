"""Two browsers on one installation: what one does, the other sees, whatever becomes of the line between."""

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import PASSWORD, Person
from .test_board import card, column


def is_heard(page: Page, state: str = "live") -> None:
    expect(page.locator("#line")).to_have_attribute("data-state", state, timeout=30_000)


def test_two_who_look_at_one_board_see_each_others_moves(ann: Person, bob: Person) -> None:
    task = ann.add("Carry the piano upstairs", labels=["piano"])
    hers, his = (person.window("/?label=piano") for person in (ann, bob))
    for page in (hers, his):
        is_heard(page)
    card(his, task).locator("a").focus()
    his.keyboard.press("Shift+ArrowRight")
    for page in (hers, his):
        expect(column(page, "In_Progress").locator(f"#card-{task} .is-running")).to_be_visible()
    new = ann.add("Tune the piano", labels=["piano"])
    for page in (hers, his):
        expect(column(page, "New").locator(f"#card-{new}")).to_be_visible()
        expect(column(page, "New").locator("[data-count]")).to_have_text("1")
    ann.api.delete(f"/api/tasks/{new}/")
    for page in (hers, his):
        expect(card(page, new)).to_have_count(0)


@pytest.mark.once
def test_what_somebody_types_and_where_they_are_survives_what_others_do(ann: Person, bob: Person) -> None:
    task, other = (ann.add(f"Wash the {what}", labels=["wash"]) for what in ("dog", "cat"))
    page = ann.window("/?label=wash")
    is_heard(page)
    field = page.get_by_role("textbox", name="New task")
    field.fill("Dry the d")
    bob.say(task, "start")
    expect(column(page, "In_Progress").locator(f"#card-{task}")).to_be_visible()
    expect(field).to_be_focused()
    field.press_sequentially("og")
    expect(field).to_have_value("Dry the dog")
    card(page, other).locator("a").focus()
    bob.say(other, "start")
    expect(column(page, "In_Progress").locator(f"#card-{other} a")).to_be_focused()
    bob.say(other, "complete")
    expect(column(page, "Completed").locator(f"#card-{other} a")).to_be_focused()


@pytest.mark.once
def test_a_card_that_is_the_same_stays_the_same(ann: Person, bob: Person) -> None:
    """Nothing flickers: the cards of others are not touched, and that which changes is not made anew."""
    task, other = (ann.add(f"Peel the {what}", labels=["peel"]) for what in ("pear", "plum"))
    page = ann.window("/?label=peel")
    is_heard(page)
    for one in (task, other):
        card(page, one).evaluate("(card) => { card.isTheSame = true }")
    ann.api.patch(f"/api/tasks/{task}/", json={"text": "Peel the apple"})
    expect(page.get_by_role("link", name="Peel the apple")).to_be_visible()
    assert [card(page, one).evaluate("(card) => card.isTheSame") for one in (task, other)] == [True, True]


@pytest.mark.once
def test_a_card_is_not_torn_from_the_hand(ann: Person, bob: Person) -> None:
    task, other = (ann.add(f"Lift the {what}", labels=["lift"]) for what in ("lid", "latch"))
    page = ann.window("/?label=lift")
    is_heard(page)
    box = card(page, task).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 14)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 60, steps=3)
    expect(page.locator(".ghost")).to_be_visible()
    for one in (task, other):
        bob.say(one, "start")
    expect(column(page, "In_Progress").locator(f"#card-{other}")).to_be_visible()
    expect(column(page, "New").locator(f"#card-{task}.is-lifted")).to_be_attached()
    expect(page.locator(".ghost")).to_be_visible()
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(column(page, "In_Progress").locator(f"#card-{task}")).to_be_visible()


@pytest.mark.once
def test_the_welcome_goes_when_the_first_task_comes(ann: Person, bob: Person) -> None:
    project = ann.api.post("/api/projects/", json={"name": "Orchard"}).json()["id"]
    assert ann.api.post(f"/api/projects/{project}/members/", json={"username": bob.name}).is_success
    page = ann.window(f"/projects/{project}/")
    expect(page.locator(".welcome")).to_be_visible()
    is_heard(page)
    task = bob.add("Pick the apples", project=project)
    expect(card(page, task)).to_be_visible()
    expect(page.locator(".welcome")).to_have_count(0)


@pytest.mark.once
def test_what_waited_for_a_task_is_free_when_it_is_done(ann: Person, bob: Person) -> None:
    first = ann.add("Dig the hole", labels=["hole"])
    second = ann.add("Fill the hole", labels=["hole"], blocked_by=[first])
    page = ann.window("/?label=hole")
    is_heard(page)
    expect(card(page, second).locator(".blocked")).to_be_visible()
    for verb in ("start", "complete"):
        bob.say(first, verb)
    expect(card(page, second).locator(".blocked")).to_have_count(0)


@pytest.mark.once
def test_a_lost_line_is_shown_and_nothing_is_skipped(ann: Person, bob: Person) -> None:
    tasks = [ann.add(f"Rope {number}", labels=["rope"]) for number in range(6)]
    page = ann.window("/?label=rope")
    is_heard(page)
    page.context.set_offline(True)
    expect(page.get_by_text("Not connected.")).to_be_visible(timeout=30_000)
    for task in tasks:
        bob.say(task, "start")
    bob.say(tasks[0], "complete")
    new = bob.add("Rope of all ropes", labels=["rope"])
    page.context.set_offline(False)
    is_heard(page)
    expect(page.get_by_text("Not connected.")).to_be_hidden()
    expect(column(page, "In_Progress").locator(".card")).to_have_count(5)
    expect(column(page, "Completed").locator(f"#card-{tasks[0]}")).to_be_visible()
    expect(card(page, new)).to_be_visible()


@pytest.mark.once
def test_whoever_was_logged_out_is_told_and_keeps_what_they_typed(ann: Person) -> None:
    page = ann.window("/?label=door")
    is_heard(page)
    page.get_by_role("textbox", name="New task").fill("Lock the door")
    said = {"new_password": "a boat on a bay", "current_password": PASSWORD}
    assert ann.api.post("/api/auth/users/set_password/", json=said).status_code == 204
    expect(page.get_by_text("You are logged out, and no longer see what happens.")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("textbox", name="New task")).to_have_value("Lock the door")
    page.locator("#line").get_by_role("link", name="Log in").click()
    expect(page).to_have_url(re.compile(r"/log-in/\?next=%2F%3Flabel%3Ddoor$"))


FULL = {"type": "about:blank", "title": "Service Unavailable", "status": 503, "code": "too_many_streams"}


@pytest.mark.once
def test_past_the_seats_a_page_polls_and_comes_back(ann: Person, bob: Person) -> None:
    task = ann.add("Ring the gong", labels=["gong"])
    page = ann.window(None)
    refuse = {"status": 503, "json": FULL, "headers": {"Retry-After": "2"}}
    page.route("**/api/events/stream/**", lambda route: route.fulfill(**refuse))
    page.goto("/?label=gong")
    is_heard(page, "polling")
    bob.say(task, "start")
    expect(column(page, "In_Progress").locator(f"#card-{task}")).to_be_visible()
    page.unroute("**/api/events/stream/**")
    ann.wrong.clear()  # of the streams that there was no room for
    is_heard(page)
    bob.say(task, "complete")
    expect(column(page, "Completed").locator(f"#card-{task}")).to_be_visible()


@pytest.mark.once
def test_a_panel_follows_its_task(ann: Person, bob: Person) -> None:
    task = ann.add("Cut the hedge", labels=["hedge"])
    page = ann.window("/?label=hedge")
    is_heard(page)
    card(page, task).locator("a").click()
    panel = page.locator("#panel")
    panel.get_by_text("Delete…").click()
    bob.say(task, "start")
    expect(panel.locator(".status").first).to_have_text("In progress")
    expect(panel.locator(".timeline")).to_contain_text(bob.name)
    bob.api.post(f"/api/tasks/{task}/comments/", json={"text": "Half of it is **done**."})
    expect(panel.locator(".comment .prose")).to_have_text("Half of it is done.")
    comment = bob.api.get(f"/api/tasks/{task}/comments/").json()["results"][0]["id"]
    bob.api.patch(f"/api/tasks/{task}/comments/{comment}/", json={"text": "All of it."})
    expect(panel.locator(".comment .prose")).to_have_text("All of it.")
    ann.api.patch(f"/api/tasks/{task}/", json={"text": "Cut the hedges"})
    expect(panel.get_by_role("heading", name="Cut the hedges")).to_be_visible()
    expect(page).to_have_title(re.compile("Cut the hedges"))
    expect(panel.get_by_role("button", name="Delete for good")).to_be_visible()
    expect(page.locator(".changed-notice")).to_have_count(0)


@pytest.mark.once
def test_the_page_of_a_task_follows_it_too(ann: Person, bob: Person) -> None:
    task = ann.add("Rake the leaves")
    page = ann.window(f"/tasks/{task}/")
    is_heard(page)
    bob.say(task, "start")
    expect(page.locator("h1 + *, .task-head .clock.is-running").first).to_be_visible()
    expect(page.locator(".task-head .status")).to_have_text("In progress")
    expect(page.locator("h1")).to_have_text("Rake the leaves")


@pytest.mark.once
def test_nobody_is_disturbed_while_they_write(ann: Person, bob: Person) -> None:
    task = ann.add("Sweep the yard", labels=["yard"])
    page = ann.window("/?label=yard")
    is_heard(page)
    card(page, task).locator("a").click()
    panel = page.locator("#panel")
    comment = panel.get_by_label("Your comment").first
    comment.fill("I would rath")
    bob.say(task, "start")
    expect(panel.get_by_text("This has changed.")).to_be_visible()
    expect(panel.locator(".task-head .status")).to_have_text("New")
    comment.press_sequentially("er not")
    panel.get_by_role("button", name="Show it").click()
    expect(panel.locator(".task-head .status")).to_have_text("In progress")
    expect(panel.get_by_text("This has changed.")).to_have_count(0)
    expect(comment).to_have_value("I would rather not")


@pytest.mark.once
def test_a_text_that_is_being_written_is_never_written_over(ann: Person, bob: Person) -> None:
    task = ann.add("Paint the fence\n\nwhite")
    page = ann.window(f"/tasks/{task}/")
    is_heard(page)
    page.keyboard.press("e")
    field = page.get_by_label("Text: the first line")
    expect(field).to_be_focused()
    field.fill("Paint the fence\n\ngreen")
    ann.api.patch(f"/api/tasks/{task}/", json={"text": "Paint the fence\n\nblue"})
    expect(page.get_by_text("This has changed.")).to_be_visible()
    page.get_by_role("button", name="Show it").click()
    expect(page.get_by_text("This has changed.")).to_have_count(0)
    expect(field).to_have_value("Paint the fence\n\ngreen")
    field.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("This has changed while you were writing")
    expect(field).to_have_value("Paint the fence\n\ngreen")
    assert ann.look(task)["text"] == "Paint the fence\n\nblue"


@pytest.mark.once
def test_who_stops_writing_without_having_written_sees_what_has_changed(ann: Person, bob: Person) -> None:
    task = ann.add("Fold the maps", labels=["maps"])
    page = ann.window(f"/tasks/{task}/")
    is_heard(page)
    page.get_by_label("Your comment").first.focus()
    bob.say(task, "start")
    expect(page.get_by_text("This has changed.")).to_be_visible()
    page.get_by_label("Your comment").first.blur()
    expect(page.locator(".task-head .status")).to_have_text("In progress")
    expect(page.get_by_text("This has changed.")).to_have_count(0)


@pytest.mark.once
def test_a_task_that_is_gone_is_said_to_be(ann: Person) -> None:
    task = ann.add("Burn the letters")
    page = ann.window(f"/tasks/{task}/")
    is_heard(page)
    assert ann.api.delete(f"/api/tasks/{task}/").status_code == 204
    expect(page.get_by_text("This is gone, or no longer for you.")).to_be_visible()


def test_a_task_that_leaves_for_where_one_does_not_see_it_goes(ann: Person, bob: Person) -> None:
    task, other = (ann.add(f"Plan the {what}", labels=["surprise"]) for what in ("party", "cake"))
    secret = ann.api.post("/api/projects/", json={"name": "Secret"}).json()["id"]
    board, panel, page = (
        bob.window(address) for address in ("/?label=surprise", f"/tasks/{other}/", f"/tasks/{task}/")
    )
    for window in (board, panel, page):
        is_heard(window)
    assert ann.api.patch(f"/api/tasks/{task}/", json={"project": secret}).is_success
    expect(card(board, task)).to_have_count(0)
    expect(column(board, "New").locator("[data-count]")).to_have_text("1")
    expect(card(board, other)).to_be_visible()
    expect(page.get_by_text("This is gone, or no longer for you.")).to_be_visible()
    expect(panel.get_by_text("This is gone, or no longer for you.")).to_have_count(0)


@pytest.mark.once
def test_the_pages_beside_the_board_follow(ann: Person, bob: Person) -> None:
    project = ann.api.post("/api/projects/", json={"name": "Harbour"}).json()["id"]
    assert ann.api.post(f"/api/projects/{project}/members/", json={"username": bob.name}).is_success
    task = ann.add("Paint the boat", project=project)
    pages = [bob.window(f"/projects/{project}/{name}/") for name in ("team", "queue")] + [bob.window("/mine/")]
    for page in pages:
        is_heard(page)
    team, queue, mine = pages
    mine.evaluate("document.querySelector('main').isTheSame = true")
    ann.say(task, "assign", performer=bob.name)
    expect(mine.locator("main").get_by_role("link", name="Paint the boat")).to_be_visible()
    expect(team.locator("main").get_by_role("link", name="Paint the boat")).to_be_visible()
    expect(queue.locator(".tiles strong").first).to_have_text("0")
    mine.get_by_role("button", name=re.compile("^Start")).focus()
    ann.add("Scrub the deck", project=project)
    expect(queue.locator(".tiles strong").first).to_have_text("1")
    expect(mine.get_by_role("button", name=re.compile("^Start"))).to_be_focused()
    assert mine.evaluate("document.querySelector('main').isTheSame") is True
