"""The page of a task in a browser: writing without writing over, and what survives."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from .conftest import Person

pytestmark = pytest.mark.once

#: Chosen, and not waited for.
AT_ONCE = "(field, value) => { field.value = value; field.dispatchEvent(new Event('change', { bubbles: true })) }"


def test_a_conflict_is_shown_and_nothing_is_written_over(ann: Person) -> None:
    task = ann.add("Bake bread\n\nwith rye")
    page = ann.window(f"/tasks/{task}/")
    page.keyboard.press("e")
    field = page.get_by_label("Text: the first line")
    expect(field).to_be_focused()
    ann.api.patch(f"/api/tasks/{task}/", json={"text": "Bake bread\n\nwith wheat"})
    field.fill("Bake bread\n\nwith oats")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("This has changed while you were writing")
    expect(field).to_have_value("Bake bread\n\nwith oats")
    assert ann.look(task)["text"] == "Bake bread\n\nwith wheat"
    field.fill("Bake bread\n\nwith wheat and oats")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".prose").first).to_have_text("with wheat and oats")
    assert ann.look(task)["text"] == "Bake bread\n\nwith wheat and oats"


def test_a_field_is_written_when_it_is_changed(ann: Person) -> None:
    task = ann.add("Bake a cake", labels=["kitchen"], due_at="2030-01-01T12:00:00Z")
    page = ann.window()
    page.goto(f"/tasks/{task}/")
    page.get_by_label("Priority").select_option("Urgent")
    expect(page.locator(".timeline")).to_contain_text("Urgent")
    page.get_by_label("Labels").last.fill("kitchen, party")
    page.keyboard.press("Enter")
    expect(page.locator(".properties .label")).to_have_text(["kitchen", "party"])
    page.get_by_label("Due").fill("2031-05-05")
    page.keyboard.press("Tab")
    expect(page.locator(".properties .due")).to_contain_text("5 May 2031")
    page.get_by_label("Performer").select_option(ann.name)
    expect(page.locator(".timeline")).to_contain_text(f"{ann.name} took it")
    seen = ann.look(task)
    assert (seen["priority"], seen["labels"], seen["performer"]) == ("urgent", ["kitchen", "party"], ann.name)


def test_whoever_is_quicker_than_the_line_sees_all_of_it(ann: Person) -> None:
    """The answer to the second change comes when the form that asked for it has gone with the first."""
    task = ann.add("Crack the eggs", labels=["eggs"])
    page = ann.window("/?label=eggs")
    page.locator(f"#card-{task} a").click()
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="Crack the eggs")).to_be_visible()
    for field, value in [("Priority", "urgent"), ("Performer", ann.name)]:
        panel.get_by_label(field).evaluate(AT_ONCE, value)
    expect(panel.locator(".timeline")).to_contain_text(f"{ann.name} took it")
    expect(panel.locator(".timeline")).to_contain_text("Urgent")
    expect(page.locator(f"#card-{task} .avatar")).to_be_visible()
    expect(page.locator(f"#card-{task} .priority.is-urgent")).to_be_visible()


IN_THE_MOMENT_OF_THE_SWAP = """
([select, value]) => document.addEventListener("htmx:afterSwap", () => {
  const field = document.querySelector(select);
  field.value = value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}, { once: true })
"""


def test_a_change_in_the_moment_of_an_answer_is_not_lost(ann: Person) -> None:
    task = ann.add("Whisk the whites")
    page = ann.window(f"/tasks/{task}/")
    page.evaluate(IN_THE_MOMENT_OF_THE_SWAP, ["#p-performer", ann.name])
    page.get_by_label("Priority").select_option("Urgent")
    expect(page.locator(".timeline")).to_contain_text(f"{ann.name} took it")
    assert ann.look(task)["priority"] == "urgent"


class Held:
    """What is written into a task is on its way, and arrives when it is let go."""

    def __init__(self, page: Page, task: int) -> None:
        self.page = page
        self.requests: list[Route] = []
        page.route(f"**/tasks/{task}/", self.take)

    def take(self, route: Route) -> None:
        if route.request.method == "POST":
            self.requests.append(route)
        else:
            route.continue_()

    def let_go(self) -> None:
        while not self.requests:
            self.page.wait_for_timeout(20)
        self.requests.pop().continue_()


def test_what_is_typed_while_an_answer_is_on_its_way_stays_and_is_written(ann: Person) -> None:
    task = ann.add("Grease the tin")
    page = ann.window(f"/tasks/{task}/")
    held = Held(page, task)
    labels = page.get_by_label("Labels").last
    labels.fill("tin")
    page.keyboard.press("Enter")
    labels.press_sequentially(", oven")
    held.let_go()
    expect(page.locator(".properties .label")).to_have_text(["tin"])
    expect(labels).to_have_value("tin, oven")
    expect(labels).to_be_focused()
    page.keyboard.press("Tab")
    held.let_go()
    expect(page.locator(".properties .label")).to_have_text(["tin", "oven"])
    expect(page.get_by_role("alert")).to_have_count(0)
    assert sorted(ann.look(task)["labels"]) == ["oven", "tin"]


def test_a_second_change_of_a_field_waits_for_the_first(ann: Person) -> None:
    task = ann.add("Light the oven")
    page = ann.window(f"/tasks/{task}/")
    held = Held(page, task)
    priority = page.get_by_label("Priority")
    priority.select_option("Urgent")
    priority.select_option("Low")
    held.let_go()
    held.let_go()
    expect(page.locator(".properties .priority.is-low")).to_be_visible()
    expect(priority).to_have_value("low")
    assert ann.look(task)["priority"] == "low"


def test_the_answer_for_one_field_leaves_what_is_typed_into_another(ann: Person) -> None:
    task = ann.add("Cool the cake", due_at="2030-01-01T12:00:00Z")
    page = ann.window(f"/tasks/{task}/")
    held = Held(page, task)
    page.get_by_label("Priority").select_option("Urgent")
    labels = page.get_by_label("Labels").last
    labels.focus()
    labels.press_sequentially("wind")
    held.let_go()
    expect(page.locator(".timeline")).to_contain_text("Urgent")
    labels.press_sequentially("ow")
    expect(labels).to_have_value("window")
    page.keyboard.press("Enter")
    held.let_go()
    expect(page.locator(".properties .label")).to_have_text(["window"])
    seen = ann.look(task)
    assert (seen["priority"], seen["labels"]) == ("urgent", ["window"])


def test_what_others_wrote_into_a_field_meanwhile_is_not_written_over(ann: Person) -> None:
    task = ann.add("Ice the cake")
    page = ann.window(f"/tasks/{task}/")
    expect(page.locator("#line")).to_have_attribute("data-state", "live")
    labels = page.get_by_label("Labels").last
    labels.press_sequentially("mine")
    ann.api.patch(f"/api/tasks/{task}/", json={"labels": ["theirs"]})
    page.get_by_role("button", name="Show it").click()
    expect(page.get_by_role("alert")).to_contain_text("Yours is not saved yet")
    assert ann.look(task)["labels"] == ["theirs"]
    ann.api.patch(f"/api/tasks/{task}/", json={"priority": "urgent"})
    page.get_by_role("button", name="Show it").click()
    expect(page.locator(".timeline")).to_contain_text("Urgent")
    page.get_by_role("button", name="Save mine all the same").click()
    expect(page.locator(".properties .label")).to_have_text(["mine"])


def test_what_is_said_twice_in_haste_is_said_once(ann: Person) -> None:
    task = ann.add("Taste the cake")
    page = ann.window(f"/tasks/{task}/")
    page.get_by_label("Your comment").first.fill("Good.")
    page.get_by_role("button", name="Comment").dblclick()
    expect(page.locator(".comment")).to_have_count(1)
    page.get_by_label("Priority").select_option("Urgent")
    expect(page.locator(".timeline")).to_contain_text("Urgent")
    assert len(ann.api.get(f"/api/tasks/{task}/comments/").json()["results"]) == 1


def test_the_card_behind_the_panel_follows(ann: Person) -> None:
    task = ann.add("Knead the dough", labels=["dough"])
    page = ann.window("/?label=dough")
    page.locator(f"#card-{task} a").click()
    page.locator("#panel").get_by_label("Priority").select_option("Urgent")
    expect(page.locator(f"#card-{task} .priority.is-urgent")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(f"#card-{task} a").click()
    page.locator("#panel").get_by_role("button", name="Start", exact=True).click()
    expect(page.locator(f'.column[data-status="In_Progress"] #card-{task}')).to_be_visible()


def test_a_comment_that_is_being_written_survives_a_verb(ann: Person) -> None:
    task = ann.add("Whip the cream")
    page = ann.window(f"/tasks/{task}/")
    field = page.get_by_label("Your comment").first
    field.fill("With sugar, or wi")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("button", name="Complete")).to_be_visible()
    expect(field).to_have_value("With sugar, or wi")
    field.press_sequentially("thout?")
    field.press("Control+Enter")
    expect(page.locator(".comment .prose")).to_have_text("With sugar, or without?")
    expect(field).to_have_value("")


def test_a_stretch_of_time_is_corrected_in_its_row(ann: Person) -> None:
    task = ann.add("Whet the scythe")
    ann.say(task, "start")
    ann.say(task, "complete")
    page = ann.window(f"/tasks/{task}/")
    row = page.locator(".intervals tbody tr").first
    row.get_by_label("Correct the time").click()
    row.get_by_label("From", exact=True).fill("2026-03-02T12:00:00")
    row.get_by_label("To", exact=True).fill("2026-03-02T12:30:00")
    row.get_by_label("Why?").fill("Forgot the clock")
    row.get_by_role("button", name="Save").click()
    expect(page.locator(".intervals")).to_contain_text("Forgot the clock")
    expect(row).to_contain_text("00:30:00")


def test_a_task_that_is_taken_for_a_while_counts_down(ann: Person) -> None:
    task = ann.add("Watch the oven")
    page = ann.window(f"/tasks/{task}/")
    page.get_by_text("Start for a while").click()
    page.get_by_role("button", name="15m").click()
    left = page.locator("[data-countdown]")
    expect(left).to_have_text(re.compile(r"00:14:5\d"))
    page.get_by_role("button", name="Extend").click()
    expect(left).to_have_text(re.compile(r"00:1[45]:\d\d"))
    page.get_by_role("button", name="Complete").click()
    expect(page.locator(".status").first).to_have_text("Completed")


def test_what_is_deleted_leaves_the_board(ann: Person) -> None:
    task = ann.add("Eat the cake", labels=["cake"])
    page = ann.window("/?label=cake")
    page.locator(f"#card-{task} a").click()
    page.get_by_text("Delete…").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator(f"#card-{task}")).to_have_count(0)
