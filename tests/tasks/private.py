"""A private world: a project of which strangers are to know nothing, with a thing of every kind in it."""

import uuid
from types import SimpleNamespace
from typing import Any

import pytest

from djirgo.accounts.models import User
from djirgo.events.message import Message
from djirgo.events.models import Event
from djirgo.events.sequencer import number_events
from djirgo.intake.ids import fresh
from djirgo.tasks.claim import Wish, claim
from djirgo.tasks.consumers import count_by_status
from djirgo.tasks.models import Comment, Priority, Project, Role, Task, WorkInterval
from tests.tasks.conftest import NOON
from tests.tasks.walk import Pair, World

SECRET = "zanzibar"
NAME = "yggdrasil"
NO_ID = 999_999_999


@pytest.fixture
def people(db: None) -> SimpleNamespace:
    """Only the project ties them to it: outside of it they have done nothing."""
    names = ("quirinius", "quasimodo", "quetzal", "quondam", "sam")
    people = {name: User.objects.create_user(name) for name in names}
    return SimpleNamespace(**people, qubot=User.create_bot("qubot", by=people["quirinius"], at=NOON))


@pytest.fixture
def project(people: SimpleNamespace) -> Project:
    """Quirinius owns it, Quasimodo and a bot work in it, Quetzal looks on, and Quondam has left."""
    owner = people.quirinius
    project = Project.create(by=owner, at=NOON, name=f"The {NAME} works")
    for user, role in ((people.quasimodo, Role.MEMBER), (people.qubot, Role.MEMBER), (people.quetzal, Role.VIEWER)):
        project.admit(user, by=owner, at=NOON, role=role, skills=[f"{SECRET}-skill"])
    project.admit(people.quondam, by=owner, at=NOON)
    return project


@pytest.fixture
def tasks(people: SimpleNamespace, project: Project) -> dict[str, Task]:
    """One in every state, one under a lease, one that waits for another, and what the former member left behind."""
    owner, member, bot, former = people.quirinius, people.quasimodo, people.qubot, people.quondam

    def put_in(by: User = owner, **edits: Any) -> Task:
        written = {"text": f"The {SECRET} affair", "labels": [f"{SECRET}-label"], "project": project}
        return Task.create(by=by, at=NOON, **(written | edits))  # type: ignore[arg-type]

    made = {name: put_in() for name in ("new", "running", "completed", "failed", "cancelled", "given")}
    made["running"].start(by=member, at=NOON)
    made["completed"].start(by=member, at=NOON).complete(by=member, at=NOON)
    made["failed"].start(by=member, at=NOON).fail(f"{SECRET} again", retry=False, by=member, at=NOON)
    made["cancelled"].cancel(by=owner, at=NOON)
    made["given"].assign(member, by=owner, at=NOON)
    made["blocked"] = put_in(blocked_by=[made["new"].pk])
    made["leased"] = put_in(priority=Priority.URGENT)
    claimed = claim(Wish(bot, project), at=NOON, lease_seconds=3600)[0]
    assert claimed == made["leased"]
    made["leased"].lease_token = claimed.lease_token
    made["left"] = put_in(by=former).start(by=former, at=NOON)
    # It was everybody's, and is not any more.
    made["taken_in"] = Task.create(by=former, at=NOON, text="A harmless thing")
    made["taken_in"].edit(by=former, at=NOON, project=project, text=f"The {SECRET} thing")
    for task in made.values():
        Comment.add(task, f"@quasimodo, this {SECRET}!", by=member, at=NOON)
    Comment.add(made["left"], f"So much for {SECRET}", by=former, at=NOON)
    project.remove_member(former, by=owner, at=NOON)
    return {name: Task.objects.get(pk=task.pk) for name, task in made.items()}


@pytest.fixture
def let_out(people: SimpleNamespace, project: Project, tasks: dict[str, Task]) -> Task:
    """It was of the project, and is everybody's now: what it was there is still nobody's business."""
    sam, owner = people.sam, people.quirinius
    project.admit(sam, by=owner, at=NOON)
    task = Task.create(by=sam, at=NOON, text=f"The {SECRET} leak", labels=[f"{SECRET}-label"], project=project)
    task.assign(people.quasimodo, by=sam, at=NOON).assign(None, by=sam, at=NOON)
    task.edit(by=sam, at=NOON, text="Nothing at all", labels=[], project=Project.objects.get(name="General"))
    project.remove_member(sam, by=owner, at=NOON)
    return task


@pytest.fixture
def world(people: SimpleNamespace, project: Project, tasks: dict[str, Task], let_out: Task) -> World:
    while number_events():
        pass
    count_by_status([Message.of(event) for event in Event.objects.filter(type__startswith="task.")])
    members = (people.quirinius, people.quasimodo, people.quetzal)
    intervals = WorkInterval.objects.filter(task__project=project).values_list("pk", flat=True)
    return World(
        things={
            "tasks": [*(Pair(task.pk, NO_ID) for task in tasks.values()), Pair(let_out.pk, let_out.pk)],
            "projects": [Pair(project.pk, NO_ID)],
            "members": [
                Pair(people.quasimodo.pk, NO_ID), Pair("quasimodo", "nobody-at-all"), Pair("me", "me"),
            ],
            "intervals": [Pair(pk, NO_ID) for pk in intervals],
            "comments": [Pair(comment.pk, NO_ID) for comment in Comment.objects.filter(task__project=project)],
            "intake": [Pair(fresh(people.quirinius.pk, at=NOON), uuid.uuid4())],
            "tokens": [Pair(NO_ID, NO_ID)],
            "bots": [Pair(NO_ID, NO_ID)],
            "users": [Pair(people.quasimodo.pk, NO_ID)],
            "usernames": [Pair(member.username, "nobody-at-all") for member in members],
            "labels": [Pair(f"{SECRET}-label", "nothing-at-all")],
            "words": [Pair(word, "mumble") for word in (SECRET, "affair", "leak")],
            "leases": [Pair("a-token", "a-token")],
        },
        secrets=[SECRET, NAME, *(member.username for member in members)],
    )  # fmt: skip
