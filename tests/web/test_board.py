"""The board of a project: its columns, its numbers, its filters."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from djirgo.accounts.models import User
from djirgo.tasks.models import Priority, Project, Role, Status, Task, TaskCount
from djirgo.tasks.models.count import add_to_counts
from djirgo.web.board.columns import PAGE

from .conftest import NOON, Browser, text_of


def cards(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'id="card-(\d+)"', page)]


def column(page: str, status: str) -> str:
    found = re.search(rf'<section class="column[^>]*data-status="{status}".*?</section>', page, re.DOTALL)
    assert found
    return found[0]


def number(page: str, status: str) -> str:
    found = re.search(r"data-count[^>]*>([^<]*)<", column(page, status))
    assert found
    return found[1]


def put_in(by: User, how_many: int, **more: Any) -> list[Task]:
    return Task.create_many([{"text": f"Task {place}", **more} for place in range(how_many)], by=by, at=NOON)  # type: ignore[list-item]


def test_a_task_stands_in_the_column_of_its_status(anns: Browser, ann: User, bob: User) -> None:
    new, begun, done, failed, gone = put_in(ann, 5)
    begun.start(by=bob, at=NOON)
    done.start(by=bob, at=NOON).complete(by=bob, at=NOON)
    failed.start(by=bob, at=NOON).fail(retry=False, by=bob, at=NOON)
    gone.cancel(by=ann, at=NOON)
    page = text_of(anns.get("/"))
    for status, task in [("New", new), ("In_Progress", begun), ("Completed", done), ("Failed", failed)]:
        assert cards(column(page, status)) == [task.pk]
        assert number(page, status) == "1"
    assert gone.pk not in cards(page)


def test_needs_attention_is_there_only_when_something_failed(anns: Browser, task: Task) -> None:
    assert "hidden" in column(text_of(anns.get("/")), "Failed").split(">")[0]
    task.start(by=task.owner, at=NOON).fail("It rained", retry=False, by=task.owner, at=NOON)
    assert "It rained" in column(text_of(anns.get("/")), "Failed")
    assert "hidden" not in column(text_of(anns.get("/")), "Failed").split(">")[0]


def test_the_most_urgent_stands_on_top_and_what_was_finished_last(anns: Browser, ann: User) -> None:
    low, urgent, soon = (
        Task.create(text="x", priority=priority, due_at=due, by=ann, at=NOON)
        for priority, due in [(Priority.LOW, NOON), (Priority.URGENT, None), (Priority.URGENT, NOON)]
    )
    assert cards(text_of(anns.get("/"))) == [soon.pk, urgent.pk, low.pk]
    for hour, task in enumerate((soon, low, urgent)):
        task.start(by=ann, at=NOON).complete(by=ann, at=NOON + timedelta(hours=hour))
    assert cards(text_of(anns.get("/"))) == [urgent.pk, low.pk, soon.pk]


@pytest.mark.parametrize("status", ["New", "Completed", "Cancelled"])
def test_a_column_is_walked_to_its_end_and_skips_nothing(status: str, anns: Browser, ann: User) -> None:
    tasks = put_in(ann, 2 * PAGE + 5)
    Task.objects.update(priority=Priority.LOW)
    for task in tasks[::3]:
        task.refresh_from_db()
        task.edit(priority=Priority.HIGH, due_at=NOON + timedelta(days=task.pk % 4), by=ann, at=NOON)
    if status == "Completed":
        for task in tasks:
            task.refresh_from_db()
            task.start(by=ann, at=NOON).complete(by=ann, at=NOON + timedelta(minutes=task.pk % 7))
    if status == "Cancelled":
        for task in tasks:
            task.cancel(by=ann, at=NOON)
    page = column(text_of(anns.get(f"/?task_status={status}")), status)
    seen = cards(page)
    while more := re.search(r'hx-get="([^"]+)"', page):
        page = text_of(anns.part(more[1].replace("&amp;", "&")))
        seen += cards(page)
    assert len(seen) == len(tasks)
    assert Counter(seen) == Counter(task.pk for task in tasks)
    orders = {"New": ["-priority", "due_order", "id"], "Completed": ["-completed_at", "-id"], "Cancelled": ["-id"]}
    assert seen == list(Task.objects.order_by(*orders[status]).values_list("pk", flat=True))


def test_a_place_sorts_as_its_column_does(anns: Browser, ann: User) -> None:
    for due in (None, NOON, NOON - timedelta(days=9999)):
        for priority in Priority:
            Task.create(text="x", priority=priority, due_at=due, by=ann, at=NOON)
    places = re.findall(r'data-place="(\d+)"', text_of(anns.get("/")))
    assert len(places) == 12
    assert places == sorted(places)


@pytest.mark.parametrize("after", ["x", "0", "9" * 38, "0" * 38, "4" + "0" * 37, "1" * 37, "٣" * 38])
@pytest.mark.parametrize("status", ["New", "Completed", "Failed"])
def test_a_place_that_no_card_has_is_no_place(after: str, status: str, anns: Browser, task: Task) -> None:
    assert anns.part(f"/projects/1/columns/{status}/?after={after}").status_code in (200, 404)


def test_the_numbers_are_kept_and_not_counted(anns: Browser, ann: User) -> None:
    put_in(ann, PAGE + 1)
    add_to_counts(Counter({(1, "New"): 100_000}))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert number(text_of(anns.get("/")), "New") == "100000"
    assert not [query["sql"] for query in asked if "COUNT(" in query["sql"] and "tasks_task" in query["sql"]]


def test_a_number_that_is_behind_is_never_less_than_what_is_shown(anns: Browser, ann: User) -> None:
    put_in(ann, PAGE + 1)
    assert not TaskCount.objects.exists()
    assert number(text_of(anns.get("/")), "New") == str(PAGE + 1)


def test_what_a_filter_leaves_is_counted_as_far_as_a_person_looks(anns: Browser, ann: User, monkeypatch: Any) -> None:
    monkeypatch.setattr("djirgo.web.board.columns.CAP", PAGE + 3)
    put_in(ann, PAGE + 2, labels=["house"])
    assert number(text_of(anns.get("/?label=house")), "New") == str(PAGE + 2)
    put_in(ann, 5, labels=["house"])
    assert number(text_of(anns.get("/?label=house")), "New") == f"{PAGE + 3}+"


def test_a_board_costs_the_same_questions_whatever_stands_on_it(anns: Browser, ann: User) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            anns.get("/")
        return len(asked)

    put_in(ann, 1)
    few = questions()
    put_in(ann, 25, labels=["house", "roof"])
    assert questions() == few < 20


# --- Filters ------------------------------------------------------------------------------------------------------


def test_a_link_shows_the_same_to_everybody(anns: Browser, ann: User, bob: User) -> None:
    roof, cellar, bobs_own = put_in(ann, 3)
    roof.edit(text="Mend the roof", labels=["house"], priority=Priority.HIGH, by=ann, at=NOON)
    cellar.edit(labels=["house"], by=ann, at=NOON)
    bobs_own.assign(bob, by=ann, at=NOON)
    for query, found in [
        ("label=house", {roof.pk, cellar.pk}),
        ("label=house&priority=high", {roof.pk}),
        ("search=roofs", {roof.pk}),
        ("performer=bob", {bobs_own.pk}),
        ("performer=me", set()),
        ("performer=none", {roof.pk, cellar.pk}),
        ("owner=me", {roof.pk, cellar.pk, bobs_own.pk}),
        ("task_status=Completed", set()),
        ("utm_source=elsewhere", {roof.pk, cellar.pk, bobs_own.pk}),
    ]:
        assert set(cards(text_of(anns.get(f"/?{query}")))) == found, query


def test_every_filter_that_is_on_can_be_taken_off(anns: Browser) -> None:
    page = text_of(anns.get("/?label=house&priority=high"))
    assert 'href="/?label=house"' in page
    assert 'href="/?priority=high"' in page
    assert "Nothing here matches." in page


def test_the_next_cards_are_filtered_as_well(anns: Browser, ann: User) -> None:
    put_in(ann, PAGE + 1, labels=["house"])
    put_in(ann, 3, labels=["garden"])
    more = re.search(r'hx-get="([^"]+)"', text_of(anns.get("/?label=house")))
    assert more
    assert len(cards(text_of(anns.part(more[1].replace("&amp;", "&"))))) == 1


@pytest.mark.parametrize(
    "query", ["priority=soon", "due_before=tomorrow", "task_status=Lost", "search=" + "x" * 201, "label=%00", "ready=1"]
)
def test_a_filter_that_nobody_understands_is_told_and_finds_nothing(query: str, anns: Browser, task: Task) -> None:
    answer = anns.get(f"/?{query}")
    assert answer.status_code == 200
    assert cards(text_of(answer)) == []
    assert 'class="field-error"' in text_of(answer)


def test_cancelled_tasks_are_shown_to_those_who_ask(anns: Browser, task: Task) -> None:
    task.cancel(by=task.owner, at=NOON)
    assert cards(text_of(anns.get("/?task_status=Cancelled"))) == [task.pk]


# --- Who sees what ------------------------------------------------------------------------------------------------


def test_a_private_board_is_not_there_for_strangers(anns: Browser, bobs: Browser, attic: Project) -> None:
    for address in (f"/projects/{attic.pk}/", f"/projects/{attic.pk}/cards/?ids=1"):
        assert anns.get(address).status_code == 200
        assert bobs.get(address).status_code == 404
    assert bobs.post(f"/projects/{attic.pk}/tasks/", {"line": "x"}).status_code == 404
    assert "Attic" not in text_of(bobs.get("/"))


def test_where_members_see_their_own_the_numbers_are_theirs_too(
    bobs: Browser, ann: User, bob: User, attic: Project
) -> None:
    attic.edit(own_tasks_only=True, by=ann, at=NOON)
    attic.admit(bob, role=Role.MEMBER, by=ann, at=NOON)
    put_in(ann, 3, project=attic)
    mine = put_in(bob, 1, project=attic)
    add_to_counts(Counter({(attic.pk, "New"): 4}))
    page = text_of(bobs.get(f"/projects/{attic.pk}/"))
    assert cards(page) == [mine[0].pk]
    assert number(page, "New") == "1"
    assert "4" not in re.findall(r'<data value="([^"]*)"', text_of(bobs.part(f"/projects/{attic.pk}/cards/?ids=1")))


def test_who_only_looks_on_has_nothing_to_press(bobs: Browser, ann: User, bob: User, attic: Project) -> None:
    attic.admit(bob, role=Role.VIEWER, by=ann, at=NOON)
    page = text_of(bobs.get(f"/projects/{attic.pk}/"))
    assert 'id="next-task"' not in page
    assert 'id="new-task"' not in page


# --- Cards --------------------------------------------------------------------------------------------------------


def test_a_card_says_what_one_has_to_know(anns: Browser, ann: User, bob: User) -> None:
    task = Task.create(
        text="Mend the roof\n\nand the gutter", labels=["house"], priority=Priority.URGENT,
        due_at=timezone.now() - timedelta(days=3), by=ann, at=NOON,
    )  # fmt: skip
    task.start(by=bob, at=timezone.now() - timedelta(minutes=5))
    page = text_of(anns.get("/"))
    card = page.split(f'id="card-{task.pk}"')[1].split("</li>\n")[0]
    assert "Mend the roof</a>" in card
    assert "gutter" not in page
    for said in ("house", "Urgent", "is-overdue", "bob", 'data-clock="300"'):
        assert said in page


def test_changed_cards_come_as_they_are_and_those_that_are_gone_do_not(anns: Browser, ann: User) -> None:
    here, gone = put_in(ann, 2)
    gone.delete_for_good(by=ann, at=NOON)
    assert cards(text_of(anns.part(f"/projects/1/cards/?ids={here.pk},{here.pk + 1},x,99999999999999999999"))) == [
        here.pk
    ]


# --- Next task for me ---------------------------------------------------------------------------------------------


def test_next_task_for_me_starts_the_most_urgent_and_opens_it(anns: Browser, ann: User) -> None:
    _, urgent = put_in(ann, 1) + put_in(ann, 1, priority=Priority.URGENT)
    answer = anns.part("/projects/1/next/", {})
    urgent.refresh_from_db()
    assert (urgent.status, urgent.performer) == (Status.IN_PROGRESS, ann)
    assert f'"address": "/tasks/{urgent.pk}/"' in answer["HX-Trigger"]


def test_next_task_for_me_says_so_when_nothing_waits(anns: Browser) -> None:
    assert "Nothing waits for you right now." in anns.part("/projects/1/next/", {})["HX-Trigger"]
    assert "Nothing waits for you right now." in text_of(anns.post("/projects/1/next/", follow=True))


# --- The first one ------------------------------------------------------------------------------------------------


def test_who_comes_first_is_told_what_to_do(anns: Browser, browser_of: Callable[[User], Browser]) -> None:
    page = text_of(anns.get("/"))
    assert "Welcome, ann" in page
    assert "Bring your team" in page
    User.objects.create_user("bob")
    assert "Bring your team" not in text_of(anns.get("/"))


def test_a_board_with_tasks_greets_nobody(anns: Browser, task: Task) -> None:
    assert "Welcome" not in text_of(anns.get("/"))
