"""The page of a task in a browser: writing without writing over, and what survives."""

import re

from playwright.sync_api import expect

from .conftest import Person


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
