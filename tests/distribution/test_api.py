"""Distribution over HTTP: what is given, what would be, and why the rest waits."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.distribution import distribute
from djirgo.events.models import Event
from djirgo.tasks.models import Project, Role, Task
from tests.distribution.conftest import NOON, Crew, person, put_in

Post = Callable[..., Any]


@pytest.fixture
def post(project: Project) -> Post:
    """Asks for distribution, as the owner if nobody else is named."""

    def send(by: User | None = None, query: str = "", body: object = None, status: int = 200) -> Any:
        client = APIClient(SERVER_NAME="localhost")
        client.force_authenticate(by or person("boss"))
        answer = client.post(f"/api/projects/{project.pk}/distribute/{query}", body, format="json")
        assert answer.status_code == status, answer.content
        return answer.json()

    return send


@pytest.fixture
def why(post: Post) -> Callable[[], tuple[str, str, list[str]]]:
    """Why the only task waits."""

    def ask() -> tuple[str, str, list[str]]:
        rehearsed = post(query="?dry_run=true")
        assert rehearsed["would_give"] == []
        (waiting,) = rehearsed["waiting"]
        assert post()["waiting"] == rehearsed["waiting"]
        return waiting["why"]["code"], waiting["why"]["detail"], waiting["why"]["skills"]

    return ask


def test_what_would_be_given_is_said_and_nothing_is_changed_and_then_it_is_given(
    project: Project, crew: Crew, post: Post
) -> None:
    crew("ann", "bob", wip_limit=1)
    first, second, third = (put_in(project) for _ in range(3))
    events = Event.objects.count()
    offers = [
        {
            "task": task.pk,
            "performer": name,
            "rule": "round_robin",
            "reason": f"{name} was not given anything yet, of {number} who can take it",
        }
        for task, name, number in ((first, "ann", 2), (second, "bob", 1))
    ]
    waiting = [
        {
            "task": third.pk,
            "why": {
                "code": "all_at_limit",
                "detail": "Everybody who could take it is at their limit.",
                "skills": [],
            },
        }
    ]
    for _ in range(2):
        assert post(query="?dry_run=true") == {"would_give": offers, "waiting": waiting, "more": False}
    assert Event.objects.count() == events
    assert not Task.objects.exclude(performer=None).exists()
    assert Project.objects.get(pk=project.pk).turns == 0
    assert post(query="?dry_run=false") == {"given": offers, "waiting": waiting, "more": False}
    assert Task.objects.get(pk=second.pk).performer == person("bob")
    assert post() == {"given": [], "waiting": waiting, "more": False}


def test_a_project_that_gives_nothing_out_says_so(project: Project, crew: Crew, why: Any) -> None:
    crew("ann")
    put_in(project)
    project.edit(by=None, at=NOON, policy="manual")
    assert why()[0] == "policy_is_manual"


def test_without_members_a_task_waits_for_some(project: Project, post: Post) -> None:
    put_in(project)
    person("boss").deactivate()
    admin = User.objects.create_user("admin", is_staff=True)
    assert [row["why"]["code"] for row in post(by=admin)["waiting"]] == ["no_members"]


def test_while_everybody_is_away_a_task_waits_for_them(project: Project, crew: Crew, why: Any) -> None:
    crew("ann", available=False)
    put_in(project)
    assert why()[:2] == ("nobody_available", "Whoever could take it is away.")


def test_a_task_that_only_somebody_who_is_away_can_do_waits_for_them(project: Project, crew: Crew, why: Any) -> None:
    crew("ann", available=False, skills=["ocr"])
    crew("bob")
    put_in(project, "ocr")
    assert why()[0] == "nobody_available"


def test_the_skills_that_nobody_has_are_named(project: Project, crew: Crew, why: Any) -> None:
    crew("ann", skills=["ocr"])
    put_in(project, "ru", "ocr", "tr")
    assert why() == ("skills_missing", "No member has the skill ru, tr.", ["ru", "tr"])


def test_skills_that_nobody_has_together_are_named(project: Project, crew: Crew, why: Any) -> None:
    crew("ann", skills=["ocr"])
    crew("bob", skills=["ru"])
    put_in(project, "ru", "ocr")
    assert why() == ("skills_missing", "No member has all of the skills ru, ocr.", ["ru", "ocr"])


def test_what_waits_for_another_task_says_for_which(project: Project, crew: Crew, post: Post) -> None:
    (ann,) = crew("ann")
    blocker = put_in(project).start(by=ann, at=NOON)
    blocked = put_in(project, blocked_by=[blocker.pk])
    (waiting,) = post(query="?dry_run=true")["waiting"]
    assert waiting == {
        "task": blocked.pk,
        "why": {"code": "blocked", "detail": f"It waits for {blocker.pk} to be finished.", "skills": []},
    }


def test_more_than_is_shown_is_said_to_be_there(
    project: Project, crew: Crew, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distribute, "MOST", 2)
    crew("ann")
    tasks = [put_in(project).pk for _ in range(5)]
    rehearsed = post(query="?dry_run=true")
    assert [offer["task"] for offer in rehearsed["would_give"]] == tasks[:2]
    assert [(row["task"], row["why"]["code"]) for row in rehearsed["waiting"]] == [
        (tasks[2], "next_in_line"),
        (tasks[3], "next_in_line"),
    ]
    assert rehearsed["more"]
    assert [[offer["task"] for offer in post()["given"]] for _ in range(4)] == [tasks[:2], tasks[2:4], tasks[4:], []]


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_strangers_find_nothing_members_may_not_and_managers_may(
    project: Project, crew: Crew, post: Post, query: str
) -> None:
    crew("ann")
    crew("bob", role=Role.MANAGER)
    crew("cid", role=Role.VIEWER)
    assert post(by=person("dan"), query=query, status=404)["code"] == "not_found"
    assert post(by=person("ann"), query=query, status=403)["code"] == "role_too_low"
    assert post(by=person("cid"), query=query, status=403)["code"] == "role_too_low"
    post(by=person("bob"), query=query)


@pytest.mark.parametrize("query", ["?dry_run=", "?dry_run=maybe", "?dry_run=1", "?dry_run=%00"])
def test_a_dry_run_is_true_or_false(project: Project, crew: Crew, post: Post, query: str) -> None:
    crew("ann")
    put_in(project)
    (error,) = post(query=query, status=400)["errors"]
    assert error["field"] == "dry_run"
    assert not Task.objects.exclude(performer=None).exists()


@pytest.mark.parametrize(
    ("query", "body", "field"),
    [
        ("?dryrun=true", None, "dryrun"),
        ("?dry_run=true&dry_run=false", None, "dry_run"),
        ("", {"dry_run": True}, "dry_run"),
    ],
)
def test_what_nobody_knows_is_refused_and_nothing_is_given(
    project: Project, crew: Crew, post: Post, query: str, body: object, field: str
) -> None:
    crew("ann")
    put_in(project)
    (error,) = post(query=query, body=body, status=400)["errors"]
    assert error["field"] == field
    assert not Task.objects.exclude(performer=None).exists()


@pytest.mark.parametrize("id_", [10**18 - 1, 10**30, "x"])
def test_a_project_that_is_not_there_is_not_found(project: Project, id_: object) -> None:
    client = APIClient(SERVER_NAME="localhost")
    client.force_authenticate(person("boss"))
    assert client.post(f"/api/projects/{id_}/distribute/").status_code == 404
