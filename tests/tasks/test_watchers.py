"""Who watches a task: whoever has to do with it, and whoever wants to, unless they do not want to."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.events.models import Event
from djirgo.tasks.models import Comment, Project, Task, Watch
from tests.tasks.conftest import NOON
from tests.tasks.test_pages import walk
from tests.tasks.test_races import all_at_once

Clients = Callable[[User], APIClient]


@pytest.fixture
def eve(db: None) -> User:
    return User.objects.create_user("eve")


def watchers(client: APIClient, task: Task) -> list[str]:
    pages = walk(client, f"/api/tasks/{task.pk}/watchers/?page_size=2")
    return [user["username"] for page in pages for user in page]


def watched(client: APIClient, name: str = "me", **more: object) -> list[int]:
    question = "".join(f"&{key}={value}" for key, value in more.items())
    pages = walk(client, f"/api/tasks/?watcher={name}&page_size=2{question}")
    return [task["id"] for page in pages for task in page]


def test_owner_and_performer_watch_by_being_what_they_are(anns: APIClient, task: Task, bob: User, ann: User) -> None:
    assert watchers(anns, task) == ["ann"]
    task.start(by=bob, at=NOON)
    assert watchers(anns, task) == ["ann", "bob"]
    assert not Watch.objects.exists()
    task.release(by=bob, at=NOON)
    assert watchers(anns, task) == ["ann"]


def test_a_watcher_is_shown_as_everybody_is(anns: APIClient, task: Task, ann: User) -> None:
    shown = anns.get(f"/api/tasks/{task.pk}/watchers/").json()
    assert shown == {"next": None, "previous": None, "results": [{"id": ann.pk, "username": "ann", "is_bot": False}]}


def test_who_sees_a_task_may_watch_it_and_stop_as_often_as_they_say(
    anns: APIClient, bobs: APIClient, task: Task
) -> None:
    for verb, then in (("watch", ["ann", "bob"]), ("unwatch", ["ann"]), ("watch", ["ann", "bob"])):
        for _ in range(2):
            answer = bobs.post(f"/api/tasks/{task.pk}/{verb}/")
            assert (answer.status_code, answer.content) == (204, b"")
            assert watchers(anns, task) == then
    assert Watch.objects.count() == 1


def test_watching_is_no_change_and_no_event(bobs: APIClient, task: Task) -> None:
    before = bobs.get(f"/api/tasks/{task.pk}/").json()
    bobs.post(f"/api/tasks/{task.pk}/watch/")
    assert bobs.get(f"/api/tasks/{task.pk}/").json() == before
    assert Event.objects.count() == 1


def test_who_comments_or_is_mentioned_watches_from_then_on(
    anns: APIClient, task: Task, ann: User, bob: User, eve: User
) -> None:
    comment = Comment.add(task, "@eve?", by=bob, at=NOON)
    assert watchers(anns, task) == ["ann", "bob", "eve"]
    comment.delete_for_good(by=bob, at=NOON)
    assert watchers(anns, task) == ["ann", "bob", "eve"]


def test_who_is_mentioned_by_an_edit_watches_too(anns: APIClient, task: Task, ann: User, eve: User) -> None:
    Comment.add(task, "Who?", by=ann, at=NOON).edit("@eve?", by=ann, at=NOON)
    assert watchers(anns, task) == ["ann", "eve"]


def test_who_said_that_they_do_not_want_to_does_not_whatever_they_become(
    anns: APIClient, task: Task, ann: User, bob: User, client_of: Clients
) -> None:
    for user in (ann, bob):
        client_of(user).post(f"/api/tasks/{task.pk}/unwatch/")
    task.start(by=bob, at=NOON)
    Comment.add(task, "@ann", by=bob, at=NOON)
    Comment.add(task, "@bob", by=ann, at=NOON)
    assert watchers(anns, task) == []
    assert watched(client_of(bob)) == []
    assert {event.data["mentioned"] for event in Event.objects.filter(type="user.mentioned")} == {"ann", "bob"}
    anns.post(f"/api/tasks/{task.pk}/watch/")
    assert watchers(anns, task) == ["ann"]


def test_the_events_of_comments_name_those_who_watch_then(task: Task, ann: User, bob: User, eve: User) -> None:
    comment = Comment.add(task, "@eve", by=bob, at=NOON)
    Watch.say(task, False, by=ann)
    comment.edit("Never mind", by=bob, at=NOON)
    bob.close(at=NOON)
    comment.delete_for_good(by=None, at=NOON)
    told = {event.type: event.data["watchers"] for event in Event.objects.filter(type__startswith="comment.")}
    assert told == {
        "comment.added": ["ann", "bob", "eve"],
        "comment.edited": ["bob", "eve"],
        "comment.deleted": ["eve"],
    }


def test_who_does_not_see_the_task_any_more_does_not_watch_it(anns: APIClient, ann: User, bob: User) -> None:
    project = Project.create(by=ann, at=NOON, name="Secret")
    task = Task.create(by=ann, at=NOON, text="Hide", project=project)
    project.admit(bob, by=ann, at=NOON)
    Comment.add(task, "Here", by=bob, at=NOON)
    assert (watchers(anns, task), watched(anns, "bob")) == (["ann", "bob"], [task.pk])
    project.remove_member(bob, by=ann, at=NOON)
    assert (watchers(anns, task), watched(anns, "bob")) == (["ann"], [])
    Comment.add(task, "@bob", by=ann, at=NOON)
    assert Event.objects.filter(type="comment.added").latest("id").data["watchers"] == ["ann"]
    project.admit(bob, by=ann, at=NOON)
    assert (watchers(anns, task), watched(anns, "bob")) == (["ann", "bob"], [task.pk])


def test_the_list_of_what_somebody_watches_has_each_task_once(
    anns: APIClient, bobs: APIClient, ann: User, bob: User
) -> None:
    tasks = [Task.create(by=(ann, bob)[number % 2], at=NOON, text=f"Task {number}") for number in range(9)]
    for task in tasks[::3]:
        task.start(by=bob, at=NOON)
    for task in tasks[::4]:
        Watch.say(task, True, by=bob)
    Comment.add(tasks[1], "Mine, and I say so", by=bob, at=NOON)
    Watch.say(tasks[7], False, by=bob)
    expected = [tasks[number].pk for number in (8, 6, 5, 4, 3, 1, 0)]
    assert watched(bobs) == watched(anns, "BOB") == expected
    assert watched(bobs, ordering="id") == expected[::-1]
    assert watched(bobs, ordering="-updated_at") == expected
    assert watched(bobs, task_status="In_Progress") == [tasks[number].pk for number in (6, 3, 0)]
    assert watched(bobs, owner="ann", ordering="due_at") == [tasks[number].pk for number in (0, 4, 6, 8)]


def test_the_way_back_through_the_list_is_the_same(bobs: APIClient, ann: User, bob: User) -> None:
    tasks = [Task.create(by=(ann, bob)[number % 2], at=NOON, text=f"Task {number}") for number in range(8)]
    for task in tasks[::2]:
        Watch.say(task, True, by=bob)
    first = bobs.get("/api/tasks/?watcher=me&page_size=3").json()
    second = bobs.get(first["next"]).json()
    third = bobs.get(second["next"]).json()
    assert [len(page["results"]) for page in (first, second, third)] == [3, 3, 2]
    assert bobs.get(third["previous"]).json()["results"] == second["results"]
    assert bobs.get(second["previous"]).json()["results"] == first["results"]


@pytest.mark.parametrize("name", ["nobody", "none", "x" * 150])
def test_a_name_that_nobody_has_finds_nothing(name: str, anns: APIClient, task: Task) -> None:
    assert watched(anns, name) == []


@pytest.mark.parametrize("name", ["%00", "x" * 151, "me&watcher=bob"])
def test_a_name_that_cannot_be_one_is_refused(name: str, anns: APIClient) -> None:
    answer = anns.get(f"/api/tasks/?watcher={name}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "watcher")


def test_only_tasks_that_the_asker_sees_are_listed(ann: User, bob: User, bobs: APIClient) -> None:
    project = Project.create(by=ann, at=NOON, name="Secret")
    Task.create(by=ann, at=NOON, text="Hide", project=project)
    seen = Task.create(by=ann, at=NOON, text="Show")
    assert watched(bobs, "ann") == [seen.pk]


@pytest.mark.parametrize("verb", ["watch", "unwatch"])
def test_a_verb_that_takes_no_words_refuses_them(verb: str, anns: APIClient, task: Task) -> None:
    answer = anns.post(f"/api/tasks/{task.pk}/{verb}/", {"user": "bob"}, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "user")
    assert anns.get(f"/api/tasks/{task.pk}/{verb}/").status_code == 405
    assert anns.post(f"/api/tasks/{task.pk}/{verb}/?at=once").status_code == 400


def test_putting_a_task_in_and_starting_it_write_nothing_about_watching(ann: User, bob: User) -> None:
    with CaptureQueriesContext(connection) as asked:
        Task.create(by=ann, at=NOON, text="Quick").start(by=bob, at=NOON)
    assert len(asked) > 0
    assert [query["sql"] for query in asked if "tasks_watch" in query["sql"]] == []


@pytest.mark.django_db(transaction=True)
def test_watching_and_turning_away_at_one_moment_leave_one_row() -> None:
    ann = User.objects.create_user("ann")
    contested = Task.create(by=ann, at=timezone.now(), text="Contested")

    def say(number: int) -> None:
        task = Task.objects.get(pk=contested.pk)
        if number % 3:
            Watch.say(task, number % 2 == 0, by=ann)
        else:
            Comment.add(task, "Mine", by=ann, at=timezone.now())

    all_at_once(say, 9)
    assert Watch.objects.count() == 1
