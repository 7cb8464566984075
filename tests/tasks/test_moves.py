"""Tasks are put into projects, and moved from one to another."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.events.models import Event
from djirgo.tasks.claim import Wish, claim
from djirgo.tasks.hearing import heard_by
from djirgo.tasks.models import Label, Project, Role, Task
from tests.tasks.conftest import NOON
from tests.tasks.test_api import problem


@pytest.fixture
def here(ann: User, bob: User) -> Project:
    """Ann's, and Bob works in it."""
    project = Project.create(by=ann, at=NOON, name="Here")
    project.admit(bob, by=ann, at=NOON)
    return project


@pytest.fixture
def there(ann: User) -> Project:
    """Ann's alone."""
    return Project.create(by=ann, at=NOON, name="There")


def put_in(project: Project, by: User, **edits: Any) -> Task:
    return Task.create(by=by, at=NOON, **({"text": "Something to do", "project": project} | edits))  # type: ignore[arg-type]


def wrong(answer: Any) -> set[tuple[str, str]]:
    return {(error["field"], error["code"]) for error in problem(answer, 400, "invalid")["errors"]}


def move(client: APIClient, task: Task, to: Project | int, **edits: Any) -> Any:
    project = to if isinstance(to, int) else to.pk
    return client.patch(f"/api/tasks/{task.pk}/", {"project": project, **edits}, format="json")


def test_a_task_is_put_into_the_project_that_is_named_or_into_general(anns: APIClient, here: Project) -> None:
    assert anns.post("/api/tasks/", {"text": "Mend"}, format="json").json()["project"] == 1
    shown = anns.post("/api/tasks/", {"text": "Mend", "project": here.pk}, format="json").json()
    assert shown["project"] == here.pk
    assert [task["id"] for task in anns.get(f"/api/tasks/?project={here.pk}").json()["results"]] == [shown["id"]]


@pytest.mark.parametrize("project", [0, -1, 10**30, "x", None, [1], {"id": 1}, 999])
def test_a_project_that_is_none_is_400(project: Any, anns: APIClient) -> None:
    answer = anns.post("/api/tasks/", {"text": "Mend", "project": project}, format="json")
    assert {field for field, _ in wrong(answer)} == {"project"}
    assert not Task.objects.exists()


def test_a_project_that_somebody_may_not_see_is_none(bobs: APIClient, ann: User, bob: User, there: Project) -> None:
    hidden = bobs.post("/api/tasks/", {"text": "Mend", "project": there.pk}, format="json")
    none = bobs.post("/api/tasks/", {"text": "Mend", "project": 999}, format="json")
    assert wrong(hidden) == wrong(none) == {("project", "unknown_project")}
    assert hidden.json() == none.json()
    own = Task.create(by=bob, at=NOON, text="Bob's")
    assert wrong(move(bobs, own, there)) == {("project", "unknown_project")}
    assert wrong(bobs.post("/api/tasks/claim/", {"project": there.pk}, format="json")) == {
        ("project", "unknown_project")
    }


def test_who_only_looks_on_puts_nothing_in_and_moves_nothing_there(
    bobs: APIClient, ann: User, bob: User, there: Project
) -> None:
    there.admit(bob, by=ann, at=NOON, role=Role.VIEWER)
    problem(bobs.post("/api/tasks/", {"text": "Mend", "project": there.pk}, format="json"), 403, "not_allowed")
    problem(bobs.post("/api/tasks/claim/", {"project": there.pk}, format="json"), 403, "not_allowed")
    own = Task.create(by=bob, at=NOON, text="Bob's")
    problem(move(bobs, own, there), 403, "not_allowed")


def test_a_task_moves_with_all_that_it_has(anns: APIClient, ann: User, here: Project, there: Project) -> None:
    task = put_in(here, ann, labels=["ocr"])
    answer = move(anns, task, there)
    assert (answer.status_code, answer.json()["project"], answer.json()["version"]) == (200, there.pk, 2)
    assert Label.objects.get(task=task).project == there
    event = Event.objects.last()
    assert event is not None
    assert (event.type, event.scope, event.data["changed"]) == (
        "task.updated", f"projects/{there.pk}", {"project": {"from": here.pk, "to": there.pk}},
    )  # fmt: skip
    assert claim(Wish(ann, there, ["ocr"]), at=NOON) == [task]


def test_those_who_stay_behind_are_told_that_it_has_left_and_not_where_to(
    anns: APIClient, ann: User, bob: User, here: Project, there: Project
) -> None:
    task = put_in(here, ann, text="The secret name")
    assert move(anns, task, there).status_code == 200
    heard = Event.objects.filter(heard_by(bob), id__gt=Event.objects.get(type="task.created").pk)
    left = heard.get()
    assert (left.type, left.subject, left.scope) == (
        "project.task_left", f"projects/{here.pk}/tasks/{task.pk}", f"projects/{here.pk}",
    )  # fmt: skip
    assert left.data == {
        "project": here.pk, "task": {"id": task.pk, "owner": "ann", "performer": None}, "actor": "ann",
    }  # fmt: skip
    history = anns.get(f"/api/tasks/{task.pk}/history/").json()["results"]
    assert {event["type"] for event in history} == {"task.created", "task.updated"}


def test_who_sees_only_their_own_tasks_is_told_only_of_those(
    anns: APIClient, ann: User, bob: User, here: Project, there: Project
) -> None:
    here.edit(by=ann, at=NOON, own_tasks_only=True)
    hers, his = put_in(here, ann), put_in(here, bob)
    for task in (hers, his):
        assert move(anns, task, there).status_code == 200
    told = Event.objects.filter(heard_by(bob), type="project.task_left")
    assert [event.data["task"]["id"] for event in told] == [his.pk]


def test_what_is_changed_in_one_go_with_a_move_is_told_without_what_it_was(
    anns: APIClient, ann: User, here: Project
) -> None:
    task = put_in(here, ann, text="The secret name", labels=["secret"])
    assert move(anns, task, 1, text="A harmless name", labels=[]).status_code == 200
    event = Event.objects.last()
    assert event is not None
    assert event.data["changed"] == {"project": {"from": here.pk, "to": 1}}
    assert "secret" not in str(event.data)


def test_a_task_does_not_move_where_its_performer_does_not_work(
    anns: APIClient, ann: User, bob: User, here: Project, there: Project
) -> None:
    task = put_in(here, ann).start(by=bob, at=NOON)
    assert wrong(move(anns, task, there)) == {("project", "invalid_project")}
    there.admit(bob, by=ann, at=NOON, role=Role.VIEWER)
    assert wrong(move(anns, task, there)) == {("project", "invalid_project")}
    there.change_member(bob, by=ann, at=NOON, role=Role.MEMBER)
    assert move(anns, task, there).status_code == 200
    assert Task.objects.get(pk=task.pk).is_running


def test_a_task_does_not_move_away_from_what_it_waits_for_or_what_waits_for_it(
    anns: APIClient, ann: User, here: Project, there: Project
) -> None:
    first = put_in(here, ann)
    second = put_in(here, ann, blocked_by=[first.pk])
    for task in (first, second):
        assert wrong(move(anns, task, there)) == {("project", "invalid_project")}
        assert wrong(move(anns, task, there, blocked_by=[first.pk])) & {
            ("project", "invalid_project"), ("blocked_by", "invalid_blockers"),
        }  # fmt: skip
    assert move(anns, second, there, blocked_by=[]).json()["blocked_by"] == []
    assert move(anns, first, there).status_code == 200
    assert move(anns, second, here).json()["ready"] is True


def test_a_task_that_moves_may_wait_for_one_that_is_there(
    anns: APIClient, ann: User, here: Project, there: Project
) -> None:
    old, new = put_in(here, ann), put_in(there, ann)
    task = put_in(here, ann, blocked_by=[old.pk])
    shown = move(anns, task, there, blocked_by=[new.pk]).json()
    assert (shown["blocked_by"], shown["ready"]) == ([new.pk], False)
    Task.objects.get(pk=new.pk).cancel(by=ann, at=NOON)
    assert Task.objects.get(pk=task.pk).shown(now=NOON)["ready"] is True


def test_a_task_is_moved_by_its_owner_and_managers_only(
    bobs: APIClient, ann: User, bob: User, here: Project, there: Project
) -> None:
    there.admit(bob, by=ann, at=NOON)
    task = put_in(here, ann)
    problem(move(bobs, task, there), 403, "not_allowed")
    here.change_member(bob, by=ann, at=NOON, role=Role.MANAGER)
    assert move(bobs, task, there).status_code == 200


def test_whoever_has_left_finds_what_they_put_in_no_more(bobs: APIClient, ann: User, bob: User, here: Project) -> None:
    task = put_in(here, bob)
    assert bobs.get(f"/api/tasks/{task.pk}/").status_code == 200
    here.remove_member(bob, by=ann, at=NOON)
    problem(bobs.get(f"/api/tasks/{task.pk}/"), 404, "not_found")
    problem(move(bobs, task, 1), 404, "not_found")


def test_what_a_member_does_not_see_they_cannot_wait_for_but_what_waits_can_be_sent_back(
    bobs: APIClient, ann: User, bob: User, here: Project
) -> None:
    here.edit(by=ann, at=NOON, own_tasks_only=True)
    hidden, other = put_in(here, ann), put_in(here, ann)
    task = put_in(here, bob)
    address = f"/api/tasks/{task.pk}/"
    to_hidden = bobs.patch(address, {"blocked_by": [hidden.pk]}, format="json")
    to_none = bobs.patch(address, {"blocked_by": [999]}, format="json")
    assert wrong(to_hidden) == wrong(to_none) == {("blocked_by", "invalid_blockers")}
    assert to_hidden.json()["detail"].replace(str(hidden.pk), "999") == to_none.json()["detail"]
    task.edit(by=ann, at=NOON, blocked_by=[hidden.pk])
    shown = bobs.get(address).json()
    assert bobs.put(address, shown | {"text": "Better words"}, format="json").status_code == 200
    assert wrong(bobs.patch(address, {"blocked_by": [hidden.pk, other.pk]}, format="json"))
