"""A private project does not exist for strangers, and of a project of own tasks a member sees their own."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.events.models import Event
from djirgo.events.sequencer import number_events
from djirgo.tasks.models import Comment, Membership, Project, Task, WorkInterval
from tests.tasks.conftest import NOON
from tests.tasks.private import NO_ID, SECRET, let_out, people, project, tasks, world
from tests.tasks.walk import READING, Pair, Walker, World

__all__ = ["let_out", "people", "project", "tasks", "world"]

EVERYTHING = frozenset(
    {"intake", "tasks", "projects", "members", "intervals", "comments", "labels", "words", "usernames"}
)


@pytest.mark.parametrize("name", ["sam", "quondam"])
def test_for_strangers_and_for_who_has_left_nothing_of_it_is_there_whatever_they_ask(
    name: str, people: SimpleNamespace, world: World
) -> None:
    faults = Walker(getattr(people, name), world, EVERYTHING).walk()
    assert not faults, "\n".join(faults)


def test_in_a_project_of_own_tasks_a_member_finds_nothing_of_what_is_others(
    people: SimpleNamespace, project: Project, tasks: dict[str, Task], world: World
) -> None:
    project.edit(by=people.quirinius, at=NOON, own_tasks_only=True)
    member = people.quasimodo
    theirs = [task for task in tasks.values() if task.performer == member]
    for task in theirs:
        task.edit(by=people.quirinius, at=NOON, text="Mine", labels=[])
    for name in ("new", "blocked", "left", "taken_in"):  # what waits, the queue would give them
        tasks[name].assign(people.quirinius, by=people.quirinius, at=NOON)
    hidden = World(
        world.things
        | {
            "tasks": [Pair(task.pk, NO_ID) for task in tasks.values() if task not in theirs],
            "intervals": [
                Pair(interval.pk, NO_ID)
                for interval in WorkInterval.objects.exclude(task__in=theirs).exclude(task__project=1)
            ],
            "comments": [Pair(comment.pk, NO_ID) for comment in Comment.objects.exclude(task__in=theirs)],
        },
        [f"{SECRET} affair", f"{SECRET} thing"],
    )
    Event.objects.filter(subject__in=[f"tasks/{task.pk}" for task in theirs]).delete()
    faults = Walker(member, hidden, frozenset({"tasks", "intervals"})).walk()
    assert not faults, "\n".join(faults)


class Onlooker(Walker):
    """Sees everything of the project, and is to change nothing, but for being in it, which is theirs to say."""

    project: Project
    as_it_was: Any

    def before_undoing(self, method: str, address: str, body: Any) -> None:
        if method not in READING and self.state() != self.as_it_was:
            self.faults.append(f"{method} {address} {body} changes something.")

    def state(self) -> list[Any]:
        tasks = Task.objects.filter(project=self.project)
        intervals = WorkInterval.objects.filter(task__project=self.project)
        members = Membership.objects.filter(project=self.project).exclude(user=self.user)
        return [list(rows.order_by("pk").values()) for rows in (tasks, intervals, members)] + [
            Project.objects.filter(pk=self.project.pk).values().get()
        ]


def test_a_viewer_changes_nothing_of_it_by_whatever_they_send(
    people: SimpleNamespace, project: Project, world: World
) -> None:
    viewer = Onlooker(people.quetzal, World(world.things, ["no secrets at all"]), frozenset())
    viewer.project, viewer.as_it_was = project, None
    viewer.as_it_was = viewer.state()
    faults = viewer.walk()
    assert not faults, "\n".join(faults)


Ask = Callable[[User], APIClient]


def ids(client: APIClient, query: str = "") -> set[int]:
    return {task["id"] for task in client.get(f"/api/tasks/?page_size=200&{query}").json()["results"]}


def told(client: APIClient) -> set[str]:
    return {event["subject"] for event in client.get("/api/events/?page_size=200").json()["results"]}


def test_whoever_is_in_it_sees_all_of_it(
    people: SimpleNamespace, project: Project, tasks: dict[str, Task], world: World, client_of: Ask
) -> None:
    everything = {task.pk for task in tasks.values()}
    for user in (people.quirinius, people.quasimodo, people.quetzal):
        client = client_of(user)
        assert ids(client, f"project={project.pk}") == everything
        assert ids(client, f"label={SECRET}-label") == everything - {tasks["taken_in"].pk}
        assert {f"tasks/{pk}" for pk in everything} | {f"projects/{project.pk}"} <= told(client)
        shown = client.get(f"/api/projects/{project.pk}/").json()
        assert sum(shown["counts"].values()) == len(everything)
        for pk in everything:
            assert client.get(f"/api/tasks/{pk}/").status_code == 200
            assert client.get(f"/api/tasks/{pk}/history/").json()["results"]


def test_in_a_project_of_own_tasks_a_member_sees_theirs_and_a_manager_all(
    people: SimpleNamespace, project: Project, tasks: dict[str, Task], let_out: Task, world: World, client_of: Ask
) -> None:
    project.edit(by=people.quirinius, at=NOON, own_tasks_only=True)
    while number_events():
        pass
    theirs = {tasks[name].pk for name in ("running", "completed", "failed", "given")}
    member = client_of(people.quasimodo)
    assert ids(member, f"project={project.pk}") == ids(member, f"search={SECRET}") == theirs
    taken_in = f"tasks/{tasks['taken_in'].pk}"
    was_everybodys = {taken_in, f"projects/1/{taken_in}", f"tasks/{let_out.pk}"}
    assert told(member) - was_everybodys == {f"projects/{project.pk}", *(f"tasks/{pk}" for pk in theirs)}
    assert member.get(f"/api/projects/{project.pk}/").json()["counts"] is None
    loads = {
        line["username"]: line["load"] for line in member.get(f"/api/projects/{project.pk}/members/").json()["results"]
    }
    assert loads == {"quirinius": None, "quasimodo": 2, "qubot": None, "quetzal": None}
    assert ids(client_of(people.quirinius), f"project={project.pk}") == {task.pk for task in tasks.values()}
    assert ids(client_of(people.quetzal), f"project={project.pk}") == set()


def test_the_queue_of_a_project_of_own_tasks_still_gives_its_members_work(
    people: SimpleNamespace, project: Project, tasks: dict[str, Task], client_of: Ask
) -> None:
    project.edit(by=people.quirinius, at=NOON, own_tasks_only=True)
    member = client_of(people.quasimodo)
    new = tasks["new"].pk
    assert member.post(f"/api/tasks/{new}/claim/").status_code == 404
    assert member.post(f"/api/tasks/{new}/start/").status_code == 404
    got = member.post("/api/tasks/claim/", {"project": project.pk, "limit": 2}, format="json").json()["results"]
    assert new in {task["id"] for task in got}
    assert member.get(f"/api/tasks/{new}/").status_code == 200


def test_what_a_task_was_in_a_private_project_is_not_told_where_it_is_now(
    people: SimpleNamespace, let_out: Task, world: World, client_of: Ask
) -> None:
    told_to_sam = client_of(people.sam).get(f"/api/tasks/{let_out.pk}/history/").json()["results"]
    assert [(event["type"], set(event["data"]["changed"])) for event in told_to_sam] == [("task.updated", {"project"})]
    told_to_owner = client_of(people.quirinius).get(f"/api/tasks/{let_out.pk}/history/").json()["results"]
    assert [event["type"] for event in told_to_owner] == [
        "task.created", "task.assigned", "task.assigned", "task.updated",
    ]  # fmt: skip


def test_what_a_task_was_before_it_came_into_a_private_project_stays_told(
    people: SimpleNamespace, tasks: dict[str, Task], world: World, client_of: Ask
) -> None:
    sam = client_of(people.sam)
    subject = f"tasks/{tasks['taken_in'].pk}"
    events = [event for event in sam.get("/api/events/").json()["results"] if event["subject"] == subject]
    assert [event["data"]["task"]["text"] for event in events] == ["A harmless thing"]
    assert sam.get(f"/api/{subject}/history/").status_code == 404


def test_a_tag_or_a_key_opens_nothing(
    people: SimpleNamespace, tasks: dict[str, Task], project: Project, client_of: Ask
) -> None:
    task = tasks["given"]
    sam, member = client_of(people.sam), client_of(people.quasimodo)
    address = f"/api/tasks/{task.pk}/"
    tag = member.get(address)["ETag"]
    assert sam.get(address, headers={"If-None-Match": tag}).status_code == 404
    assert sam.get(address, headers={"If-None-Match": "*"}).status_code == 404
    for stale in (tag, '"999"', "no tag"):
        assert sam.patch(address, {"text": "Mine"}, format="json", headers={"If-Match": stale}).status_code == 404
    key = {"Idempotency-Key": "one"}
    assert member.post(f"{address}start/", headers=key).status_code == 200
    assert sam.post(f"{address}start/", headers=key).status_code == 404
    lease = {"lease": tasks["leased"].lease_token}
    assert sam.post(f"/api/tasks/{tasks['leased'].pk}/complete/", lease, format="json").status_code == 404


def test_an_address_that_the_walk_cannot_fill_fails_it(people: SimpleNamespace, world: World) -> None:
    world.things.pop("tasks")
    with pytest.raises(pytest.fail.Exception, match="the walk knows no tasks"):
        Walker(people.sam, world, EVERYTHING).walk()
