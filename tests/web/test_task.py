"""The page of a task: what it shows, what people do there, and that nobody writes over anybody."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from djirgo.accounts.models import User
from djirgo.tasks.models import Priority, Project, Role, Status, Task
from djirgo.web.task.verbs import NAMED

from .conftest import NOON, Browser, news_of, text_of


def page_of(task: Task) -> str:
    return f"/tasks/{task.pk}/"


def verbs(page: str) -> set[str]:
    return {verb for verb in NAMED if f'data-verb="{verb}"' in page}


# --- What it shows ------------------------------------------------------------------------------------------------


def test_a_task_is_a_page_and_a_panel(anns: Browser, task: Task) -> None:
    page, panel = text_of(anns.get(page_of(task))), text_of(anns.part(page_of(task)))
    assert "<!doctype html>" in page
    assert "<!doctype html>" not in panel
    assert "Mend the roof" in page
    assert "Mend the roof" in panel
    again = text_of(anns.part(page_of(task), HTTP_X_DJIRGO_PAGE="true"))
    assert 'data-command="close"' in panel
    assert 'data-command="close"' not in page
    assert 'data-command="close"' not in again
    assert "<!doctype html>" not in again


def test_the_first_line_is_the_title_and_the_rest_is_markdown(anns: Browser, ann: User) -> None:
    text = "Mend the *roof*\n\nUse **slate**:\n\n- [x] count\n- [ ] order\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nhttps://example.org"
    page = text_of(anns.get(page_of(Task.create(text=text, by=ann, at=NOON))))
    for shown in ("Mend the *roof*</h1>", "<strong>slate</strong>", "☑ count", "☐ order", "<td>1</td>"):
        assert shown in page
    assert '<a href="https://example.org" rel="noopener noreferrer nofollow">' in page


def test_what_happened_is_told_in_sentences(anns: Browser, ann: User, bob: User, task: Task) -> None:
    task.edit(priority=Priority.HIGH, labels=["house"], by=ann, at=NOON)
    task.start(by=bob, at=NOON)
    task.fail("It rained", by=bob, at=NOON + timedelta(hours=1))
    task.assign(ann, by=ann, at=NOON + timedelta(hours=2))
    task.cancel(by=ann, at=NOON + timedelta(hours=3)).reopen(by=ann, at=NOON + timedelta(hours=4))
    page = text_of(anns.get(page_of(task)))
    for told in (
        "ann put it in", "ann changed it", "bob started it", "bob gave up on it", "It rained", "ann took it",
        "ann cancelled it", "ann opened it again", "<del>Normal</del>", "<ins>High</ins>", "01:00:00",
    ):  # fmt: skip
        assert told in page, told


def test_what_it_waits_for_and_what_it_holds_up_are_links(anns: Browser, ann: User, bobs: Browser) -> None:
    first = Task.create(text="Buy slate", by=ann, at=NOON)
    second = Task.create(text="Mend the roof", blocked_by=[first.pk], by=ann, at=NOON)
    page = text_of(anns.get(page_of(second)))
    assert "Buy slate" in page
    assert verbs(page) == {"cancel"}
    assert "Mend the roof" in text_of(anns.get(page_of(first))).split("Holds up")[1]


@pytest.mark.parametrize("pk", [0, 10**18, 10**40])
def test_a_task_that_is_not_there_is_not_found(pk: int, anns: Browser) -> None:
    assert anns.get(f"/tasks/{pk}/").status_code == 404


def test_a_task_of_a_private_project_is_not_there_for_strangers(bobs: Browser, ann: User, attic: Project) -> None:
    hidden = Task.create(text="Secret", project=attic, by=ann, at=NOON)
    assert bobs.get(page_of(hidden)).status_code == 404
    for verb in (*NAMED, "move", "assign", "fail", "delete", "lease"):
        assert bobs.post(f"{page_of(hidden)}{verb}/", {"status": "Completed"}).status_code == 404


# --- The verbs ----------------------------------------------------------------------------------------------------


def test_only_what_one_may_do_is_a_button(anns: Browser, bobs: Browser, bob: User, task: Task) -> None:
    assert verbs(text_of(anns.get(page_of(task)))) == {"start", "cancel"}
    assert verbs(text_of(bobs.get(page_of(task)))) == {"start"}
    task.start(by=bob, at=NOON)
    assert verbs(text_of(anns.get(page_of(task)))) == {"release", "cancel"}
    assert verbs(text_of(bobs.get(page_of(task)))) == {"complete", "pause", "release"}
    task.pause(by=bob, at=NOON)
    assert verbs(text_of(bobs.get(page_of(task)))) == {"complete", "resume", "release"}
    task.complete(by=bob, at=NOON)
    assert verbs(text_of(bobs.get(page_of(task)))) == {"reopen"}


def test_a_button_does_what_it_says(anns: Browser, ann: User, task: Task) -> None:
    for verb, status in [
        ("start", Status.IN_PROGRESS),
        ("pause", Status.IN_PROGRESS),
        ("resume", Status.IN_PROGRESS),
        ("release", Status.NEW),
        ("start", Status.IN_PROGRESS),
        ("complete", Status.COMPLETED),
        ("reopen", Status.NEW),
        ("cancel", Status.CANCELLED),
    ]:
        answer = anns.part(f"{page_of(task)}{verb}/", {})
        assert answer.status_code == 200, verb
        assert f'{{"ids": [{task.pk}]}}' in news_of(answer)
        task.refresh_from_db()
        assert task.status == status


@pytest.mark.parametrize("verb", ["expire", "edit", "delete_for_good", "save", "nothing"])
def test_what_is_no_button_is_no_address(verb: str, anns: Browser, task: Task) -> None:
    assert anns.post(f"{page_of(task)}{verb}/").status_code == 404


def test_a_refusal_is_told_in_words(anns: Browser, bobs: Browser, ann: User, task: Task) -> None:
    task.start(by=ann, at=NOON)
    answer = bobs.part(f"{page_of(task)}start/", {})
    assert answer.status_code == 409
    assert "ann has this task." in text_of(answer)
    assert 'role="alert"' in text_of(answer)
    page = bobs.post(f"{page_of(task)}start/")
    assert (page.status_code, "<!doctype html>" in text_of(page)) == (409, True)
    russian = bobs.part(f"{page_of(task)}start/", {}, HTTP_ACCEPT_LANGUAGE="ru")
    assert "Эту задачу уже взял кто-то другой" in text_of(russian)


def test_giving_up_says_why_and_whether_others_may_try(anns: Browser, ann: User, task: Task) -> None:
    task.start(by=ann, at=NOON)
    anns.part(f"{page_of(task)}fail/", {"reason": "It rained", "retry": "on"})
    task.refresh_from_db()
    assert (task.status, task.failure_reason, task.attempts) == (Status.NEW, "It rained", 1)
    task.start(by=ann, at=NOON)
    anns.part(f"{page_of(task)}fail/", {"reason": "It broke"})
    task.refresh_from_db()
    assert task.status == Status.FAILED


def test_a_task_that_is_tried_again_is_not_called_failed(anns: Browser, ann: User, task: Task) -> None:
    task.start(by=ann, at=NOON)
    task.fail(by=ann, reason="It rained", retry=True, at=NOON)
    assert "<strong>The last try failed:</strong> It rained" in text_of(anns.get(page_of(task)))
    task.start(by=ann, at=NOON)
    task.fail(by=ann, reason="It broke", retry=False, at=NOON)
    assert "<strong>Failed:</strong> It broke" in text_of(anns.get(page_of(task)))


def test_a_task_is_given_and_taken_away(anns: Browser, bob: User, task: Task) -> None:
    anns.part(f"{page_of(task)}assign/", {"performer": "BOB"})
    task.refresh_from_db()
    assert task.performer == bob
    assert "Nobody here is called" in text_of(anns.part(f"{page_of(task)}assign/", {"performer": "nobody"}))
    anns.part(f"{page_of(task)}assign/", {"performer": ""})
    task.refresh_from_db()
    assert task.performer is None


def test_a_task_is_deleted_for_good(anns: Browser, bobs: Browser, task: Task) -> None:
    assert bobs.part(f"{page_of(task)}delete/", {}).status_code == 403
    answer = anns.part(f"{page_of(task)}delete/", {})
    assert "djirgo:close" in news_of(answer)
    assert not Task.objects.exists()


# --- Moving a card ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (["In_Progress"], Status.IN_PROGRESS),
        (["Completed"], Status.COMPLETED),
        (["In_Progress", "Completed"], Status.COMPLETED),
        (["In_Progress", "New"], Status.NEW),
        (["Completed", "New"], Status.NEW),
    ],
)
def test_a_card_that_is_moved_is_the_verb(path: list[str], status: Status, anns: Browser, task: Task) -> None:
    for place in path:
        answer = anns.part(f"{page_of(task)}move/", {"status": place})
        assert f'id="card-{task.pk}"' in text_of(answer)
    task.refresh_from_db()
    assert task.status == status


def test_a_failed_card_goes_back_to_new(anns: Browser, ann: User, task: Task) -> None:
    task.start(by=ann, at=NOON).fail(retry=False, by=ann, at=NOON)
    assert anns.part(f"{page_of(task)}move/", {"status": "New"}).status_code == 200
    task.refresh_from_db()
    assert (task.status, task.attempts) == (Status.NEW, 0)


def test_a_move_that_is_not_possible_is_refused(bobs: Browser, ann: User, task: Task) -> None:
    task.start(by=ann, at=NOON)
    for place, status in [("In_Progress", 409), ("Completed", 403), ("Failed", 409), ("Lost", 404), ("", 404)]:
        assert bobs.part(f"{page_of(task)}move/", {"status": place}).status_code == status


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "From “In progress” a task cannot be moved to “Needs attention”."),
        ("ru", "Из колонки «В работе» задачу нельзя переместить в колонку «Требуют внимания»."),
    ],
)
def test_a_move_that_no_verb_is_says_from_where_to_where(
    language: str, told: str, anns: Browser, ann: User, task: Task
) -> None:
    task.start(by=ann, at=NOON)
    moved = (f"{page_of(task)}move/", {"status": "Failed"})
    for answer in (anns.part(*moved, HTTP_ACCEPT_LANGUAGE=language), anns.post(*moved, HTTP_ACCEPT_LANGUAGE=language)):
        assert (answer.status_code, told in text_of(answer)) == (409, True)


# --- Writing ------------------------------------------------------------------------------------------------------


def test_every_field_is_written_by_its_form(anns: Browser, ann: User, attic: Project, task: Task) -> None:
    def write(**said: str) -> None:
        task.refresh_from_db()
        assert anns.part(page_of(task), said | {"version": str(task.version)}).status_code == 200

    blocker = Task.create(text="Buy slate", by=ann, at=NOON)
    write(text="Mend the gutter\r\n\r\nsoon")
    write(priority="urgent")
    write(labels="house, #urgent repair,, house")
    write(due_at="2026-11-27")
    write(blocked_by=f"#{blocker.pk}")
    task.refresh_from_db()
    assert (task.text, task.labels, task.priority) == (
        "Mend the gutter\n\nsoon",
        ["house", "urgent repair"],
        Priority.URGENT,
    )
    assert task.due_at is not None
    assert task.due_at.strftime("%Y-%m-%d %H:%M") == "2026-11-27 23:59"
    assert task.blocked_by == [blocker.pk]
    write(due_at="")
    write(blocked_by="")
    write(project=str(attic.pk))
    task.refresh_from_db()
    assert (task.due_at, task.blocked_by, task.project) == (None, [], attic)


@pytest.mark.parametrize(
    "said",
    [{"text": ""}, {"text": "x" * 10_001}, {"text": "a\0b"}, {"priority": "soon"}, {"labels": "x" * 60},
     {"labels": ",".join(map(str, range(30)))}, {"due_at": "soon"}, {"due_at": "0001-01-01"}, {"blocked_by": "#999999"},
     {"project": "999999"}, {"project": "x"}, {"version": "x", "text": "y"}, {"version": "9" * 30, "text": "y"}, {}],
)  # fmt: skip
def test_what_cannot_be_kept_changes_nothing(said: dict[str, str], anns: Browser, task: Task) -> None:
    answer = anns.part(page_of(task), {"version": "1"} | said)
    assert answer.status_code == 200
    task.refresh_from_db()
    assert (task.version, task.text, task.labels) == (1, "Mend the roof", [])


def test_who_may_not_write_is_refused_and_shown_no_form(bobs: Browser, task: Task) -> None:
    assert 'name="labels"' not in text_of(bobs.get(page_of(task)))
    assert bobs.part(page_of(task), {"version": "1", "text": "Mine"}).status_code == 403


def test_what_somebody_else_wrote_is_not_written_over(anns: Browser, ann: User, task: Task) -> None:
    task.edit(text="Mend the roof with slate", by=ann, at=NOON)
    page = text_of(anns.part(page_of(task), {"version": "1", "text": "Mend the roof with tin"}))
    task.refresh_from_db()
    assert task.text == "Mend the roof with slate"
    assert "This has changed while you were writing" in page
    assert "Mend the roof with tin</textarea>" in page
    assert "Mend the roof with slate" in page
    assert f'name="version" value="{task.version}"' in page


def test_a_conflict_says_who_and_offers_both_ways(anns: Browser, boss: User, task: Task) -> None:
    task.edit(priority=Priority.URGENT, by=boss, at=NOON)
    page = text_of(anns.part(page_of(task), {"version": "1", "priority": "low"}))
    assert "<strong>boss</strong>" in page
    assert "Save mine all the same" in page
    assert "Leave it as it is" in page
    answer = anns.part(page_of(task), {"version": "2", "priority": "low"})
    assert "This has changed" not in text_of(answer)
    task.refresh_from_db()
    assert task.priority == Priority.LOW


def test_changes_of_other_fields_are_no_conflict(anns: Browser, bob: User, ann: User, task: Task) -> None:
    task.start(by=bob, at=NOON)
    task.edit(labels=["house"], by=ann, at=NOON)
    anns.part(page_of(task), {"version": "1", "priority": "low"})
    task.refresh_from_db()
    assert (task.priority, task.labels, task.performer) == (Priority.LOW, ["house"], bob)


# --- Leases -------------------------------------------------------------------------------------------------------


def test_a_task_can_be_taken_for_a_while_and_held_on_to(anns: Browser, ann: User, task: Task) -> None:
    answer = anns.part(f"{page_of(task)}lease/", {"seconds": "900"})
    assert "Extend" in text_of(answer)
    cookie = answer.cookies[f"lease-{task.pk}"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (page_of(task), True, "Strict")
    task.refresh_from_db()
    until = task.lease_expires_at
    assert until is not None
    assert timedelta(minutes=14) < until - timezone.now() <= timedelta(minutes=15)
    anns.part(f"{page_of(task)}lease/", {"seconds": "3600"})
    task.refresh_from_db()
    assert task.lease_expires_at > until  # type: ignore[operator]
    assert anns.part(f"{page_of(task)}complete/", {}).status_code == 200
    task.refresh_from_db()
    assert task.status == Status.COMPLETED


def test_what_is_leased_in_another_place_is_watched_from_here(
    anns: Browser, ann: User, browser_of: Callable[[User], Browser], task: Task
) -> None:
    task.claim(lease_seconds=900, by=ann, at=timezone.now())
    page = text_of(anns.get(page_of(task)))
    assert "You hold it from another program" in page
    assert "data-countdown" in page
    assert verbs(page) == set()
    assert anns.part(f"{page_of(task)}complete/", {}).status_code == 409


@pytest.mark.parametrize("seconds", ["", "x", "1", "999999999"])
def test_a_lease_has_a_length_that_can_be_kept(seconds: str, anns: Browser, task: Task) -> None:
    assert anns.part(f"{page_of(task)}lease/", {"seconds": seconds}).status_code == 200
    task.refresh_from_db()
    assert not task.is_leased


def test_a_viewer_looks_and_does_nothing(bobs: Browser, ann: User, bob: User, attic: Project) -> None:
    attic.admit(bob, role=Role.VIEWER, by=ann, at=NOON)
    task = Task.create(text="Sweep", project=attic, by=ann, at=NOON)
    page = text_of(bobs.get(page_of(task)))
    assert verbs(page) == set()
    assert "Take it" not in page
    assert bobs.part(f"{page_of(task)}start/", {}).status_code == 403


def test_without_javascript_a_form_leads_back_to_the_task(anns: Browser, task: Task) -> None:
    answer: Any = anns.post(f"{page_of(task)}start/", follow=True)
    assert answer.redirect_chain == [(page_of(task), 302)]
    assert verbs(text_of(answer)) == {"complete", "pause", "release", "cancel"}


def test_the_page_of_a_task_is_a_page_of_its_project(anns: Browser, ann: User, attic: Project) -> None:
    task = Task.create(text="x", project=attic, by=ann, at=NOON)
    page = text_of(anns.get(f"/tasks/{task.pk}/"))
    assert f'<a href="/projects/{attic.pk}/" aria-current="true">' in page
    assert f'href="/projects/{attic.pk}/reports/"' in page
