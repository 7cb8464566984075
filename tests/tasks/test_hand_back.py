"""What comes back when somebody goes: what is still in their hands, and nothing that has left them meanwhile."""

from collections.abc import Callable
from datetime import datetime

import pytest

from djirgo.accounts.models import User
from djirgo.tasks.jobs import return_work_of_the_departed
from djirgo.tasks.models import Project, Role, Status, Task

Clock = Callable[..., datetime]


@pytest.fixture
def project(ann: User, bob: User, after: Clock) -> Project:
    project = Project.create(by=ann, at=after(), name="Roofs")
    project.admit(bob, by=ann, at=after())
    return project


@pytest.fixture
def given(project: Project, ann: User, bob: User, after: Clock) -> Task:
    """A task that a policy has given to Bob, who has not begun."""
    task = Task.create(by=ann, at=after(), text="Mend the roof", project=project)
    return task.give(bob, rule="round_robin", reason="His turn", at=after())


def holder_of(task: Task) -> User | None:
    return Task.objects.get(pk=task.pk).performer


def begin(task: Task, bob: User, at: datetime) -> None:
    Task.objects.get(pk=task.pk).start(by=bob, at=at)


def test_handing_back_what_is_not_started_leaves_what_is(
    project: Project, given: Task, ann: User, bob: User, after: Clock
) -> None:
    begun = Task.create(by=ann, at=after(), text="Begun", project=project).start(by=bob, at=after())
    assert project.hand_back_not_started(bob, by=bob, at=after(minutes=1)) == 1
    assert (holder_of(given), holder_of(begun)) == (None, bob)


def test_a_task_that_is_begun_in_the_meantime_is_not_handed_back_as_not_started(
    given: Task, bob: User, after: Clock
) -> None:
    seen = Task.objects.get(pk=given.pk)
    begin(given, bob, after())
    assert not seen.hand_back(by=None, at=after(minutes=1), also_begun=False)
    assert (seen.status, holder_of(given)) == (Status.IN_PROGRESS, bob)


@pytest.mark.parametrize("also_begun", [False, True])
def test_a_task_that_another_has_by_now_stays_with_them(
    given: Task, ann: User, bob: User, after: Clock, also_begun: bool
) -> None:
    seen = Task.objects.get(pk=given.pk)
    given.assign(ann, by=ann, at=after())
    assert not seen.hand_back(by=None, at=after(minutes=1), also_begun=also_begun)
    assert holder_of(given) == ann


def test_a_task_that_is_finished_or_gone_by_now_stops_nobody_from_leaving(
    given: Task, ann: User, bob: User, after: Clock
) -> None:
    finished, gone = Task.objects.get(pk=given.pk), Task.objects.get(pk=given.pk)
    begin(given, bob, after())
    Task.objects.get(pk=given.pk).complete(by=bob, at=after())
    assert not finished.hand_back(by=None, at=after(minutes=1))
    assert Task.objects.get(pk=given.pk).status == Status.COMPLETED
    given.delete_for_good(by=ann, at=after())
    assert not gone.hand_back(by=None, at=after(minutes=1))


def test_whoever_leaves_is_demoted_or_deactivated_keeps_nothing(
    project: Project, given: Task, ann: User, bob: User, after: Clock
) -> None:
    project.change_member(bob, by=ann, at=after(), role=Role.VIEWER)
    assert holder_of(given) is None
    project.change_member(bob, by=ann, at=after(), role=Role.MEMBER)
    given.give(bob, rule="round_robin", reason="His turn", at=after())
    project.remove_member(bob, by=bob, at=after())
    assert holder_of(given) is None
    project.admit(bob, by=ann, at=after())
    given.give(bob, rule="round_robin", reason="His turn", at=after())
    bob.deactivate()
    return_work_of_the_departed(after(minutes=1))
    assert holder_of(given) is None
