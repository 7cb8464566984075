"""The team: who holds what, and who could take more. The queue: what waits, and why."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from djirgo.accounts.models import User
from djirgo.tasks.models import Project, Task

from .conftest import NOON, Browser, text_of


@pytest.fixture
def crew(attic: Project, ann: User, bob: User) -> Project:
    attic.admit(bob, skills=["roof"], wip_limit=2, by=ann, at=NOON)
    return attic


def put_in(project: Project, by: User, *labels: str, text: str = "x") -> Task:
    return Task.create(text=text, labels=list(labels), project=project, by=by, at=NOON)


def mate(page: str, name: str) -> str:
    return page.split(f'<h2 class="clip">{name}</h2>')[1].split('<li class="box mate')[0]


# --- The team -----------------------------------------------------------------------------------------------------


def test_everybody_is_told_with_what_they_hold_and_their_limit(
    anns: Browser, ann: User, bob: User, crew: Project
) -> None:
    running = put_in(crew, ann, text="Mend the roof").start(by=bob, at=NOON)
    put_in(crew, ann, text="Paint it").assign(bob, by=ann, at=NOON)
    page = text_of(anns.get(f"/projects/{crew.pk}/team/"))
    bobs = mate(page, "bob")
    assert (">2 of 2</a>" in bobs, "full" in bobs, "not begun" in bobs) == (True, True, True)
    assert bobs.index(f"#{running.pk}") < bobs.index("Paint it")
    assert "data-clock" in bobs
    assert ("0 open tasks" in mate(page, "ann"), "Nothing in hand." in mate(page, "ann")) == (True, True)


def test_who_is_away_is_away(anns: Browser, bob: User, crew: Project) -> None:
    crew.change_member(bob, available=False, by=bob, at=NOON)
    page = text_of(anns.get(f"/projects/{crew.pk}/team/"))
    assert ("away" in mate(page, "bob"), "available" in mate(page, "ann")) == (True, True)


def test_in_an_open_project_whoever_holds_something_is_on_the_team(
    anns: Browser, ann: User, bob: User, general: Project
) -> None:
    assert "Nobody takes part yet" in text_of(anns.get("/projects/1/team/"))
    put_in(general, ann).start(by=bob, at=NOON)
    page = text_of(anns.get("/projects/1/team/"))
    assert ("1 open task" in mate(page, "bob"), ">ann</h2>" in page) == (True, False)


def test_where_members_see_only_their_own_they_see_nobody_elses(
    bobs: Browser, ann: User, bob: User, crew: Project
) -> None:
    crew.edit(own_tasks_only=True, by=ann, at=NOON)
    put_in(crew, ann, "roof", text="Secret").start(by=ann, at=NOON)
    put_in(crew, ann, "wood", text="Hidden")
    for page in ("team", "queue"):
        said = text_of(bobs.get(f"/projects/{crew.pk}/{page}/"))
        assert ("You see your own tasks here" in said, "Secret" in said, "Hidden" in said) == (True, False, False)
        assert "wood" not in said


def test_of_each_a_few_tasks_are_shown_and_the_rest_counted(anns: Browser, ann: User, bob: User, crew: Project) -> None:
    def give(number: int) -> None:
        for _ in range(number):
            put_in(crew, ann).assign(bob, by=ann, at=NOON)

    give(2)
    with CaptureQueriesContext(connection) as few:
        anns.get(f"/projects/{crew.pk}/team/")
    give(10)
    for number in range(20):
        crew.admit(User.objects.create_user(f"person{number}"), by=ann, at=NOON)
    with CaptureQueriesContext(connection) as many:
        page = text_of(anns.get(f"/projects/{crew.pk}/team/"))
    assert len(many) == len(few)
    assert mate(page, "bob").count("not begun") == 5
    assert "and 7 more" in mate(page, "bob")


# --- The queue ----------------------------------------------------------------------------------------------------


def test_what_waits_is_told_by_label_with_the_oldest_and_why(anns: Browser, ann: User, crew: Project) -> None:
    crew.edit(policy="round_robin", by=ann, at=NOON)
    oldest = put_in(crew, ann, "weld", text="Weld the gate")
    put_in(crew, ann, "weld", "roof")
    put_in(crew, ann)
    blocked = Task.create(text="later", blocked_by=[oldest.pk], project=crew, by=ann, at=NOON)
    page = text_of(anns.get(f"/projects/{crew.pk}/queue/"))
    assert "<strong>3</strong><span>ready" in page
    assert "<strong>1</strong><span>wait for other tasks" in page
    assert f"#{oldest.pk} Weld the gate</a></span>" in page
    assert page.index(">weld</a>") < page.index(">roof</a>")
    assert "without a label" in page
    why = page.split('id="why-heading"')[1]
    assert "No member has all of the skills: weld." in why
    assert f"#{oldest.pk} has to be finished first." in why.split(f"#{blocked.pk}</span>")[1]


def test_where_everybody_has_their_fill_that_is_why_a_task_waits(
    anns: Browser, ann: User, bob: User, crew: Project
) -> None:
    crew.edit(policy="round_robin", by=ann, at=NOON)
    for number in range(2):
        put_in(crew, ann, text=f"In hand {number}").assign(bob, by=ann, at=NOON)
    put_in(crew, ann, "roof")
    for language, said in (
        ("en", "Everybody who could take it is at their limit."),
        ("ru", "Все, кто мог бы её взять, достигли своего предела."),
    ):
        page = text_of(anns.get(f"/projects/{crew.pk}/queue/", HTTP_ACCEPT_LANGUAGE=language))
        assert said in page.split('id="why-heading"')[1]


def test_what_came_in_went_out_and_came_back_is_told(anns: Browser, ann: User, crew: Project) -> None:
    now = timezone.now()

    def made(hours: float) -> Task:
        return Task.create(text="x", project=crew, by=ann, at=now - timedelta(hours=hours))

    made(30).start(by=ann, at=now - timedelta(hours=30)).complete(by=ann, at=now - timedelta(hours=2))
    made(2).start(by=ann, at=now - timedelta(hours=2)).fail("No ladder", by=ann, at=now - timedelta(minutes=5))
    lost = made(0.5).claim(lease_seconds=60, by=ann, at=now - timedelta(minutes=20))
    lost.expire_lease(at=now - timedelta(minutes=15))
    page = text_of(anns.get(f"/projects/{crew.pk}/queue/"))
    for title, numbers in (
        ("Came in", (1, 2, 3)),
        ("Completed", (0, 1, 1)),
        ("Given up", (1, 1, 1)),
        ("Leases that ran out", (1, 1, 1)),
    ):
        cells = "".join(f'<td class="is-number">{number}</td>' for number in numbers)
        assert f'<th scope="row">{title}</th>{cells}' in page
    back = page.split('id="attempts-heading"')[1]
    assert back.index("No ladder") < back.index("The lease ran out.")


def test_an_empty_queue_says_so(anns: Browser, crew: Project) -> None:
    page = text_of(anns.get(f"/projects/{crew.pk}/queue/"))
    for words in ("Nothing waits.", "Nobody gave up, and no lease ran out.", "minutes has anything waited"):
        assert words in page


def test_a_long_queue_is_counted_so_far_and_no_further(anns: Browser, ann: User, crew: Project) -> None:
    put_in(crew, ann)
    with CaptureQueriesContext(connection) as few:
        anns.get(f"/projects/{crew.pk}/queue/")
    Task.objects.bulk_create(
        Task(text="x", owner=ann, project=crew, created_at=NOON, updated_at=NOON) for _ in range(1200)
    )
    with CaptureQueriesContext(connection) as many:
        page = text_of(anns.get(f"/projects/{crew.pk}/queue/"))
    assert len(many) == len(few)
    assert "<strong>1000+</strong><span>ready" in page


def test_labels_without_number_are_told_by_a_bounded_number_of_queries(anns: Browser, ann: User, crew: Project) -> None:
    for number in range(40):
        put_in(crew, ann, f"label{number:02}")
    with CaptureQueriesContext(connection) as asked:
        page = text_of(anns.get(f"/projects/{crew.pk}/queue/"))
    assert page.count("task_status=New") == 20
    assert len(asked) < 60
