"""What happens when many do the same thing at the same moment."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from threading import Event as Signal
from typing import Any, TypeVar

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.events.models import Event
from djirgo.tasks import events
from djirgo.tasks.jobs import return_work_of_the_departed
from djirgo.tasks.models import Project, Role, Task, WorkInterval

R = TypeVar("R")
pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 50


def all_at_once(work: Callable[[int], R], crowd: int) -> list[R]:
    """Do the work in as many threads, all of which set off together."""
    start = Barrier(crowd)

    def run(number: int) -> R:
        start.wait()
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(crowd) as pool:
        return list(pool.map(run, range(crowd)))


@pytest.fixture
def crowd() -> list[User]:
    return [User.objects.create_user(f"user{number}") for number in range(CROWD)]


@pytest.mark.parametrize("by_patch", [False, True])
def test_of_fifty_who_start_one_task_exactly_one_gets_it(crowd: list[User], by_patch: bool) -> None:
    task = Task.create(by=crowd[0], at=timezone.now(), text="The only one")

    def start(number: int) -> tuple[int, str]:
        client = APIClient(SERVER_NAME="localhost")
        client.force_authenticate(crowd[number])
        if by_patch:
            answer = client.patch(f"/api/tasks/{task.pk}/", {"task_status": "In_Progress"}, format="json")
        else:
            answer = client.post(f"/api/tasks/{task.pk}/start/")
        return answer.status_code, answer.json().get("code", "")

    assert Counter(all_at_once(start, CROWD)) == {(200, ""): 1, (409, "already_taken"): CROWD - 1}
    assert Event.objects.filter(type="task.started").count() == 1
    assert WorkInterval.objects.count() == 1


def test_one_idempotency_key_makes_one_task_however_often_it_is_sent(crowd: list[User]) -> None:
    def create(number: int) -> tuple[int, object]:
        client = APIClient(SERVER_NAME="localhost")
        client.force_authenticate(crowd[0])
        answer = client.post("/api/tasks/", {"text": "Once"}, format="json", headers={"Idempotency-Key": "one"})
        return answer.status_code, answer.json().get("code", "created")

    answers = Counter(all_at_once(create, 12))
    assert set(answers) <= {(201, "created"), (409, "idempotency_key_in_use")}
    assert answers[201, "created"] >= 1
    assert Task.objects.count() == 1


def test_concurrent_edits_at_one_version_let_exactly_one_through(crowd: list[User]) -> None:
    task = Task.create(by=crowd[0], at=timezone.now(), text="Contested")

    def edit(number: int) -> int:
        client = APIClient(SERVER_NAME="localhost")
        client.force_authenticate(crowd[0])
        body, headers = {"text": f"Version of {number}"}, {"If-Match": '"1"'}
        return int(client.patch(f"/api/tasks/{task.pk}/", body, format="json", headers=headers).status_code)

    assert Counter(all_at_once(edit, 12)) == {200: 1, 412: 11}
    assert Task.objects.get().version == 2


@pytest.mark.parametrize("by_patch", [False, True])
def test_of_owners_who_all_leave_at_the_same_moment_one_has_to_stay(crowd: list[User], by_patch: bool) -> None:
    owners = crowd[:8]
    project = Project.create(by=owners[0], at=timezone.now(), name="Left behind")
    for owner in owners[1:]:
        project.admit(owner, by=owners[0], at=timezone.now(), role=Role.OWNER)

    def leave(number: int) -> tuple[int, str]:
        client = APIClient(SERVER_NAME="localhost")
        client.force_authenticate(owners[number])
        address = f"/api/projects/{project.pk}/members/me/"
        answer = client.patch(address, {"role": "viewer"}, format="json") if by_patch else client.delete(address)
        return answer.status_code, answer.json().get("code", "") if answer.content else ""

    answers = Counter(all_at_once(leave, len(owners)))
    assert answers == {(200 if by_patch else 204, ""): len(owners) - 1, (409, "last_owner"): 1}
    assert project.memberships.owners().count() == 1


def test_whoever_takes_a_task_while_they_are_let_go_does_not_keep_it(crowd: list[User]) -> None:
    owner, member = crowd[:2]
    project = Project.create(by=owner, at=timezone.now(), name="Let go")
    project.admit(member, by=owner, at=timezone.now())
    tasks = [Task.create(by=owner, at=timezone.now(), text="To be had", project=project) for _ in range(8)]

    def act(number: int) -> int:
        if number == 0:
            Project.objects.get(pk=project.pk).remove_member(member, by=owner, at=timezone.now())
            return 204
        client = APIClient(SERVER_NAME="localhost")
        client.force_authenticate(member)
        return int(client.post(f"/api/tasks/{tasks[number - 1].pk}/start/").status_code)

    assert set(all_at_once(act, len(tasks) + 1)) <= {200, 204, 403, 404}
    return_work_of_the_departed(timezone.now())
    assert not project.tasks.filter(performer=member).exists()


@pytest.mark.skipif(
    "connection.vendor == 'sqlite'",
    reason="SQLite has one writer at a time: what is deleted is gone before the other begins",
)
def test_a_task_for_a_project_that_is_deleted_at_the_same_moment_is_refused(
    crowd: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project.create(by=crowd[0], at=timezone.now(), name="Short-lived")
    is_put_in, is_deleted = Signal(), Signal()
    record = events.record_arrivals

    def record_later(*args: Any, **kwargs: Any) -> None:
        record(*args, **kwargs)
        is_put_in.set()
        is_deleted.wait(10)

    def act(number: int) -> tuple[int, str]:
        client = APIClient(SERVER_NAME="localhost")
        client.force_authenticate(crowd[0])
        if number == 0:
            answer = client.post("/api/tasks/", {"text": "Too late", "project": project.pk}, format="json")
            return answer.status_code, answer.json()["code"]
        is_put_in.wait(10)
        answer = client.delete(f"/api/projects/{project.pk}/")
        is_deleted.set()
        return answer.status_code, ""

    monkeypatch.setattr(events, "record_arrivals", record_later)
    assert all_at_once(act, 2) == [(409, "deleted_meanwhile"), (204, "")]
    assert not Task.objects.exists()
    assert not Event.objects.filter(type="task.created").exists()
