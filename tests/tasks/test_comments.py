"""Comments on tasks, over HTTP and as the domain has them."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.events.models import Event
from djirgo.tasks.models import Comment, Mention, Project, Role, Task, Watch
from tests.tasks.conftest import NOON
from tests.tasks.test_api import problem, wrong_fields
from tests.tasks.test_pages import walk
from tests.tasks.test_races import all_at_once

Clock = Callable[..., datetime]
Clients = Callable[[User], APIClient]
FIELDS = {"id", "task", "author", "text", "mentions", "created_at", "edited_at"}


@pytest.fixture
def address(task: Task) -> str:
    return f"/api/tasks/{task.pk}/comments/"


def say(client: APIClient, address: str, text: Any = "Which kind?", **headers: str) -> Any:
    return client.post(address, {"text": text}, format="json", headers=headers)


def events_of(task: Task) -> list[str]:
    return [event.type for event in Event.objects.about(f"tasks/{task.pk}")]


# --- Saying something ---------------------------------------------------------------------------------------------


def test_a_comment_is_said_and_read(anns: APIClient, bobs: APIClient, address: str, task: Task) -> None:
    answer = say(bobs, address, "  Which kind?\n@ann ")
    assert answer.status_code == 201
    shown = answer.json()
    assert set(shown) == FIELDS
    assert (shown["task"], shown["author"], shown["text"], shown["mentions"], shown["edited_at"]) == (
        task.pk, "bob", "Which kind?\n@ann", ["ann"], None,
    )  # fmt: skip
    assert answer["Location"].endswith(f"{address}{shown['id']}/")
    assert anns.get(answer["Location"]).json() == shown
    assert anns.get(address).json() == {"next": None, "previous": None, "results": [shown]}


def test_a_comment_is_no_change_of_its_task(anns: APIClient, address: str, task: Task) -> None:
    before = anns.get(f"/api/tasks/{task.pk}/").json()
    comment = say(anns, address).json()
    anns.patch(f"{address}{comment['id']}/", {"text": "Otherwise"}, format="json")
    anns.delete(f"{address}{comment['id']}/")
    assert anns.get(f"/api/tasks/{task.pk}/").json() == before


def test_the_oldest_comes_first_page_by_page(anns: APIClient, address: str, task: Task, ann: User) -> None:
    said = [Comment.add(task, f"No. {number}", by=ann, at=NOON).pk for number in range(7)]
    other = Task.create(by=ann, at=NOON, text="Another")
    Comment.add(other, "Elsewhere", by=ann, at=NOON)
    pages = list(walk(anns, f"{address}?page_size=3"))
    assert [[comment["id"] for comment in page] for page in pages] == [said[:3], said[3:6], said[6:]]


def test_a_page_of_comments_costs_the_same_however_many_are_mentioned(
    anns: APIClient, address: str, task: Task, ann: User, django_assert_max_num_queries: Any
) -> None:
    User.objects.bulk_create(User(username=f"u{number}") for number in range(10))
    for _ in range(10):
        Comment.add(task, " ".join(f"@u{number}" for number in range(10)), by=ann, at=NOON)
    with django_assert_max_num_queries(6):
        shown = anns.get(address).json()["results"]
    assert [len(comment["mentions"]) for comment in shown] == [10] * 10


def test_a_comment_of_another_task_is_not_there(anns: APIClient, address: str, task: Task, ann: User) -> None:
    other = Task.create(by=ann, at=NOON, text="Another")
    comment = Comment.add(other, "Elsewhere", by=ann, at=NOON)
    assert anns.get(f"{address}{comment.pk}/").status_code == 404
    assert anns.delete(f"{address}{comment.pk}/").status_code == 404
    assert Comment.objects.exists()


def test_a_post_sent_twice_says_it_once(anns: APIClient, address: str) -> None:
    first, second = (say(anns, address, **{"Idempotency-Key": "one"}) for _ in range(2))
    assert first.json() == second.json()
    assert Comment.objects.count() == 1


# --- Bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": " \n\t "}, "text"),
        ({"text": None}, "text"),
        ({"text": 7}, "text"),
        ({"text": True}, "text"),
        ({"text": ["a"]}, "text"),
        ({"text": {"a": 1}}, "text"),
        ({"text": "nul \x00"}, "text"),
        ({"text": "x" * 10_001}, "text"),
        ({"text": "x" * 1_000_000}, "text"),
        ({"text": "a", "color": "red"}, "color"),
        ({"text": "a", "mention": ["bob"]}, "mention"),
    ],
)
def test_bad_input_is_refused_and_its_field_named(
    body: dict[str, Any], field: str, anns: APIClient, address: str, task: Task, ann: User
) -> None:
    assert field in wrong_fields(anns.post(address, body, format="json"))
    assert not Comment.objects.exists()
    comment = Comment.add(task, "As it was", by=ann, at=NOON)
    assert field in wrong_fields(anns.patch(f"{address}{comment.pk}/", body, format="json"))
    assert Comment.objects.get().text == "As it was"


@pytest.mark.parametrize(
    "raw", [b"{", b"", b"null", b"[]", b'"text"', b'{"text": "\\ud800"}', b"\xff", b'{"text": NaN}']
)
def test_a_malformed_body_is_a_problem_and_not_an_accident(raw: bytes, anns: APIClient, address: str) -> None:
    answer = anns.generic("POST", address, raw, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert not Comment.objects.exists()


@pytest.mark.parametrize("question", ["author=ann", "cursor=x", "page_size=0", "page_size=201", "ordering=-id"])
def test_a_question_that_makes_no_sense_is_refused_by_name(question: str, anns: APIClient, address: str) -> None:
    assert wrong_fields(anns.get(f"{address}?{question}")) == {question.partition("=")[0]}


@pytest.mark.parametrize("path", ["0/", "999999999999999999/", "x/", "-1/", f"{10**30}/"])
def test_a_comment_that_is_not_there_is_not_found(path: str, anns: APIClient, address: str) -> None:
    assert anns.get(address + path).status_code == 404
    assert anns.get(f"/api/tasks/{path}comments/").status_code == 404


@pytest.mark.parametrize("method", ["put", "post"])
def test_a_comment_knows_no_other_methods(method: str, anns: APIClient, address: str) -> None:
    comment = say(anns, address).json()
    assert getattr(anns, method)(f"{address}{comment['id']}/", {"text": "a"}, format="json").status_code == 405


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "'; DROP TABLE tasks_comment; --",
        "{{ 7*7 }} %s %(x)s",
        "\u202egnirts",
        "👩‍👩‍👧 ﷽",
        "\x1b[2J",
    ],
)
def test_hostile_texts_are_kept_as_they_are(text: str, anns: APIClient, address: str) -> None:
    comment = say(anns, address, text).json()
    assert comment["text"] == text
    assert anns.get(f"{address}{comment['id']}/").json()["text"] == text
    assert Event.objects.get(type="comment.added").data["comment"]["text"] == text


def test_what_is_only_shown_and_sent_back_is_ignored(anns: APIClient, address: str) -> None:
    comment = say(anns, address).json()
    body = comment | {"text": "Otherwise", "author": "bob", "mentions": ["bob"], "created_at": "tomorrow"}
    answer = anns.patch(f"{address}{comment['id']}/", body, format="json")
    assert answer.status_code == 200
    assert answer.json() == comment | {"text": "Otherwise", "edited_at": answer.json()["edited_at"]}


# --- Who may ------------------------------------------------------------------------------------------------------


@pytest.fixture
def secret(ann: User) -> Task:
    project = Project.create(by=ann, at=NOON, name="Secret")
    return Task.create(by=ann, at=NOON, text="Hide", project=project)


def try_everything(client: APIClient, comment: Comment) -> list[int]:
    """The answers to: list, read, say, edit, delete, watch, see who watches."""
    task = f"/api/tasks/{comment.task_id}/"
    one, text = f"{task}comments/{comment.pk}/", {"text": "Mine"}
    return [
        client.get(f"{task}comments/").status_code,
        client.get(one).status_code,
        client.post(f"{task}comments/", text, format="json").status_code,
        client.patch(one, text, format="json").status_code,
        client.delete(one).status_code,
        client.post(f"{task}watch/").status_code,
        client.get(f"{task}watchers/").status_code,
    ]


@pytest.mark.parametrize(
    ("role", "statuses"),
    [
        (None, [404] * 7),
        (Role.VIEWER, [200, 200, 403, 403, 403, 204, 200]),
        (Role.MEMBER, [200, 200, 201, 403, 403, 204, 200]),
        (Role.MANAGER, [200, 200, 201, 403, 204, 204, 200]),
        (Role.OWNER, [200, 200, 201, 403, 204, 204, 200]),
    ],
)
def test_who_may_what_with_the_comment_of_somebody_else(
    role: Role | None, statuses: list[int], secret: Task, ann: User, bob: User, bobs: APIClient
) -> None:
    if role is not None:
        secret.project.admit(bob, by=ann, at=NOON, role=role)
    assert try_everything(bobs, Comment.add(secret, "Psst", by=ann, at=NOON)) == statuses


def test_a_stranger_is_answered_as_if_there_were_no_task(secret: Task, bobs: APIClient, ann: User) -> None:
    comment = Comment.add(secret, "Psst", by=ann, at=NOON)
    there = problem(bobs.get(f"/api/tasks/{secret.pk}/comments/{comment.pk}/"), 404, "not_found")
    nowhere = problem(bobs.get("/api/tasks/999999/comments/999999/"), 404, "not_found")
    assert there == nowhere
    body = {"text": ""}
    assert bobs.post("/api/tasks/999999/comments/", body, format="json").json() == (
        bobs.post(f"/api/tasks/{secret.pk}/comments/", body, format="json").json()
    )


def test_where_people_see_only_their_own_tasks_they_comment_on_those(secret: Task, ann: User, bob: User) -> None:
    bobs = APIClient(SERVER_NAME="localhost")
    bobs.force_authenticate(bob)
    secret.project.edit(by=ann, at=NOON, own_tasks_only=True)
    secret.project.admit(bob, by=ann, at=NOON)
    address = f"/api/tasks/{secret.pk}/comments/"
    assert (bobs.get(address).status_code, say(bobs, address).status_code) == (404, 404)
    secret.assign(bob, by=ann, at=NOON)
    assert (bobs.get(address).status_code, say(bobs, address).status_code) == (200, 201)


def test_the_author_edits_and_deletes_as_long_as_they_take_part(
    secret: Task, ann: User, bob: User, bobs: APIClient
) -> None:
    secret.project.admit(bob, by=ann, at=NOON)
    address = f"/api/tasks/{secret.pk}/comments/"
    first, second = say(bobs, address).json(), say(bobs, address).json()
    assert bobs.patch(f"{address}{first['id']}/", {"text": "Otherwise"}, format="json").status_code == 200
    assert bobs.delete(f"{address}{first['id']}/").status_code == 204
    assert bobs.get(f"{address}{first['id']}/").status_code == 404
    secret.project.change_member(bob, by=ann, at=NOON, role=Role.VIEWER)
    one = f"{address}{second['id']}/"
    problem(bobs.patch(one, {"text": "Otherwise"}, format="json"), 403, "not_allowed")
    problem(bobs.delete(one), 403, "not_allowed")
    secret.project.remove_member(bob, by=ann, at=NOON)
    assert bobs.get(one).status_code == 404


def test_nothing_is_readable_without_logging_in(address: str, task: Task) -> None:
    stranger = APIClient(SERVER_NAME="localhost")
    for path in (address, f"{address}1/", f"/api/tasks/{task.pk}/watchers/"):
        assert stranger.get(path).status_code == 401
    assert stranger.post(address, {"text": "a"}, format="json").status_code == 401


# --- Events -------------------------------------------------------------------------------------------------------


def test_every_comment_leaves_its_events_in_the_history_of_the_task(
    task: Task, ann: User, bob: User, anns: APIClient
) -> None:
    comment = Comment.add(task, "@ann?", by=bob, at=NOON)
    comment.edit("@ann!", by=bob, at=NOON).edit("@ann!", by=bob, at=NOON)
    comment.delete_for_good(by=bob, at=NOON)
    types = ["task.created", "comment.added", "user.mentioned", "comment.edited", "comment.deleted"]
    assert events_of(task) == types
    history = anns.get(f"/api/tasks/{task.pk}/history/").json()["results"]
    assert [event["type"] for event in history] == types


def test_the_event_holds_the_task_the_comment_who_said_it_and_who_watches(task: Task, bob: User, after: Clock) -> None:
    comment = Comment.add(task, "First", by=bob, at=after())
    added = Event.objects.get(type="comment.added")
    assert (added.subject, added.scope, added.time) == (f"tasks/{task.pk}", "projects/1", NOON)
    assert added.data == {
        "task": task.shown(now=NOON),
        "actor": "bob",
        "comment": comment.shown(),
        "changed": {},
        "watchers": ["ann", "bob"],
    }
    comment.edit(" Second ", by=bob, at=after(minutes=1))
    edited = Event.objects.get(type="comment.edited").data
    assert edited["changed"].pop("edited_at") == {"from": None, "to": "2026-03-02T12:01:00.000000Z"}
    assert edited["changed"] == {"text": {"from": "First", "to": "Second"}}
    assert edited["comment"] == Comment.objects.get().shown()
    comment.delete_for_good(by=None, at=after(minutes=2))
    deleted = Event.objects.get(type="comment.deleted").data
    assert (deleted["comment"], deleted["actor"]) == (edited["comment"], None)


def test_a_refusal_leaves_neither_a_comment_nor_an_event(secret: Task, bob: User, bobs: APIClient) -> None:
    secret.project.admit(bob, by=None, at=NOON, role=Role.VIEWER)
    before = Event.objects.count()
    assert say(bobs, f"/api/tasks/{secret.pk}/comments/").status_code == 403
    assert (Comment.objects.count(), Watch.objects.count(), Event.objects.count()) == (0, 0, before)


def test_what_is_said_in_a_private_project_is_not_in_the_feed_of_a_stranger(
    secret: Task, ann: User, bobs: APIClient, anns: APIClient
) -> None:
    Comment.add(secret, "Psst", by=ann, at=NOON)
    for number, event in enumerate(Event.objects.order_by("id"), 1):
        Event.objects.filter(pk=event.pk).update(sequence=number)
    assert bobs.get("/api/events/").json()["results"] == []
    assert "comment.added" in [event["type"] for event in anns.get("/api/events/").json()["results"]]


# --- What becomes of them -----------------------------------------------------------------------------------------


def test_a_deleted_task_takes_its_comments_along(task: Task, ann: User, bob: User) -> None:
    comment = Comment.add(task, "@ann", by=bob, at=NOON)
    Watch.say(task, True, by=bob)
    task.delete_for_good(by=ann, at=NOON)
    assert [model.objects.count() for model in (Comment, Mention, Watch)] == [0, 0, 0]
    assert events_of(Task(pk=comment.task_id))[-1] == "task.deleted"


def test_the_comments_of_a_closed_account_stay_under_its_new_name(
    task: Task, bob: User, anns: APIClient, address: str
) -> None:
    Comment.add(task, "Mine", by=bob, at=NOON)
    bob.close(at=NOON)
    assert [comment["author"] for comment in anns.get(address).json()["results"]] == [f"deleted-{bob.pk}"]


def test_what_was_deleted_meanwhile_is_not_there_any_more(task: Task, ann: User, address: str) -> None:
    kept = Comment.add(task, "Mine", by=ann, at=NOON)
    Comment.objects.get(pk=kept.pk).delete_for_good(by=ann, at=NOON)
    with pytest.raises(Exception, match="There is no such comment"):
        kept.edit("Too late", by=ann, at=NOON)
    gone = Task.objects.get(pk=task.pk)
    task.delete_for_good(by=ann, at=NOON)
    with pytest.raises(Exception, match="There is no such task"):
        Comment.add(gone, "Too late", by=ann, at=NOON)
    with pytest.raises(Exception, match="There is no such task"):
        Watch.say(gone, True, by=ann)


def test_the_database_keeps_no_comment_that_says_nothing(task: Task, ann: User) -> None:
    with pytest.raises(IntegrityError, match="a_comment_says_something"), transaction.atomic():
        Comment.objects.create(task=task, author=ann, text="", created_at=NOON)


# --- At the same moment -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_edits_at_one_moment_each_knows_what_was_there_before_and_nobody_is_told_twice() -> None:
    ann, _ = (User.objects.create_user(name) for name in ("ann", "bob"))
    task = Task.create(by=ann, at=timezone.now(), text="Contested")
    pk = Comment.add(task, "0", by=ann, at=timezone.now()).pk

    def edit(number: int) -> None:
        Comment.objects.get(pk=pk).edit(f"{number + 1} @bob", by=ann, at=timezone.now())

    all_at_once(edit, 8)
    changes = [event.data["changed"]["text"] for event in Event.objects.filter(type="comment.edited").order_by("id")]
    assert [change["from"] for change in changes] == ["0", *[change["to"] for change in changes][:-1]]
    assert Comment.objects.get().text == changes[-1]["to"]
    assert Event.objects.filter(type="user.mentioned").count() == 1
    assert Mention.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_comment_and_the_end_of_its_task_do_not_meet_half_way() -> None:
    ann = User.objects.create_user("ann")
    task = Task.create(by=ann, at=timezone.now(), text="Short-lived")

    def do(number: int) -> int:
        client = APIClient(SERVER_NAME="localhost")
        client.force_authenticate(ann)
        if number == 3:
            return int(client.delete(f"/api/tasks/{task.pk}/").status_code)
        path, body = (("watch", {}), ("comments", {"text": "@ann"}))[number % 2]
        return int(client.post(f"/api/tasks/{task.pk}/{path}/", body, format="json").status_code)

    answers = Counter(all_at_once(do, 8))
    assert set(answers) <= {201, 204, 404}
    assert [model.objects.count() for model in (Comment, Watch)] == [0, 0]
    assert events_of(task)[-1] == "task.deleted"
