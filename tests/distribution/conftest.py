"""A project that gives out its tasks, and those who may be given them."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from djirgo.accounts.models import User
from djirgo.distribution.dispatch import dispatch
from djirgo.tasks.models import Project, Task

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
Crew = Callable[..., list[User]]


def person(name: str) -> User:
    return User.objects.get_or_create(username=name)[0]


def put_in(project: Project, *labels: str, **edits: object) -> Task:
    by = project.memberships.owners().earliest("pk").user
    said = {"text": "Something to do", "project": project, "labels": labels} | edits
    return Task.create(by=by, at=NOON, **said)  # type: ignore[arg-type]


def give_out(project: Project) -> list[tuple[Task, str]]:
    """Everything that can be given, and to whom it was."""
    given: list[tuple[Task, str]] = []
    while step := dispatch(project, at=NOON):
        given += [(offer.task, offer.performer.username) for offer in step]
    return given


def performers(project: Project) -> list[str]:
    return [name for _, name in give_out(project)]


@pytest.fixture
def project(db: None) -> Project:
    """Its owner is away, so that what is said of its members is said of the others."""
    boss = person("boss")
    project = Project.create(by=boss, at=NOON, name="Letters", policy="round_robin")
    project.change_member(boss, by=boss, at=NOON, available=False)
    return project


@pytest.fixture
def crew(project: Project) -> Crew:
    """Takes people into the project, all with the same skills and limit."""

    def admit(*names: str, **edits: object) -> list[User]:
        people = [person(name) for name in names]
        for user in people:
            project.admit(user, by=None, at=NOON, **edits)  # type: ignore[arg-type]
        return people

    return admit
