"""Many tasks in one request: all of it or nothing, and every error with its index."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.events.models import Event
from djirgo.tasks.bulk import MOST_AT_ONCE
from djirgo.tasks.models import Label, Project, Status, Task

Clock = Callable[..., datetime]
BULK = "/api/tasks/bulk/"


def post(client: APIClient, body: Any, **headers: str) -> Any:
    return client.post(BULK, body, format="json", headers=headers)


def patch(client: APIClient, body: Any) -> Any:
    return client.patch(BULK, body, format="json")


def errors(answer: Any) -> set[tuple[str, str]]:
    return {(error["field"], error["code"]) for error in answer.json()["errors"]}


def test_tasks_put_in_together_are_tasks_like_any_other(anns: APIClient) -> None:
    answer = post(anns, [{"text": " One "}, {"text": "Two", "labels": ["ocr"], "priority": "high"}])
    assert answer.status_code == 201
    one, two = answer.json()["results"]
    assert one == anns.get(f"/api/tasks/{one['id']}/").json()
    assert (one["text"], two["labels"], two["priority"]) == ("One", ["ocr"], "high")
    assert Event.objects.filter(type="task.created").count() == 2
    assert Label.objects.get().is_waiting


def test_as_many_as_are_allowed_are_put_in_and_no_more(anns: APIClient) -> None:
    assert post(anns, [{"text": "x"}] * MOST_AT_ONCE).status_code == 201
    assert Task.objects.count() == MOST_AT_ONCE
    answer = post(anns, [{"text": "x"}] * (MOST_AT_ONCE + 1))
    assert errors(answer) == {("non_field_errors", "max_length")}
    assert Task.objects.count() == MOST_AT_ONCE


def test_one_bad_task_keeps_all_of_them_out_and_is_named_by_its_index(anns: APIClient) -> None:
    answer = post(anns, [{"text": "good"}, {"text": ""}, {"text": "good", "huge": 1}, {"text": "nul\x00"}])
    assert answer.status_code == 400
    assert errors(answer) == {
        ("1.text", "blank"), ("2.huge", "unknown"), ("3.text", "null_characters_not_allowed"),
    }  # fmt: skip
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, ("non_field_errors", "not_a_list")),
        ("tasks", ("non_field_errors", "not_a_list")),
        ([], ("non_field_errors", "empty")),
        ([7], ("0", "invalid")),
        ([None], ("0", "null")),
        ([[]], ("0", "invalid")),
    ],
)
@pytest.mark.parametrize("method", [post, patch])
def test_what_is_no_list_of_tasks_is_refused(
    method: Callable[..., Any], body: Any, error: tuple[str, str], anns: APIClient
) -> None:
    answer = method(anns, body)
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert {code for _, code in errors(answer)} & {error[1], "not_a_dict", "invalid"}


def test_sent_twice_with_its_key_it_happens_once(anns: APIClient) -> None:
    body = [{"text": "One"}, {"text": "Two"}]
    first, again = (post(anns, body, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert first.json() == again.json()
    assert Task.objects.count() == 2


def test_edits_and_verbs_go_together(anns: APIClient, ann: User, bob: User, after: Clock) -> None:
    ids = [Task.create(by=ann, at=after(), text="x").pk for _ in range(4)]
    answer = patch(
        anns,
        [
            {"id": ids[3], "task_status": "In_Progress"},
            {"id": ids[0], "text": "Another"},
            {"id": ids[1], "verb": "assign", "performer": "bob"},
            {"id": ids[2], "version": 1, "verb": "cancel"},
        ],
    )
    assert answer.status_code == 200, answer.content
    shown = answer.json()["results"]
    assert [task["id"] for task in shown] == [ids[3], ids[0], ids[1], ids[2]]
    assert [task["task_status"] for task in shown] == ["In_Progress", "New", "New", "Cancelled"]
    assert (shown[1]["text"], shown[2]["performer"]) == ("Another", "bob")


def test_one_refusal_undoes_all_and_each_is_named(
    anns: APIClient, bobs: APIClient, ann: User, bob: User, after: Clock
) -> None:
    free, taken, stale = (Task.create(by=ann, at=after(), text="x") for _ in range(3))
    taken.start(by=bob, at=after())
    secret = Task.create(by=bob, at=after(), text="x", project=Project.create(by=bob, at=after(), name="Secret"))
    answer = patch(
        anns,
        [
            {"id": free.pk, "verb": "start"},
            {"id": taken.pk, "verb": "start"},
            {"id": stale.pk, "version": 7, "text": "y"},
            {"id": secret.pk, "text": "y"},
        ],
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "several_refused")
    assert errors(answer) == {("1", "already_taken"), ("2", "stale_version"), ("3", "not_found")}
    assert Task.objects.get(pk=free.pk).status == Status.NEW


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"text": "y"}, ("0.id", "required")),
        ({"id": 1, "verb": "dance"}, ("0.verb", "invalid_choice")),
        ({"id": 1, "verb": "edit"}, ("0.verb", "invalid_choice")),
        ({"id": 1, "verb": "start", "text": "y"}, ("0.text", "unknown")),
        ({"id": 1, "verb": "assign"}, ("0.performer", "required")),
        ({"id": 1, "performer": "bob", "text": "y", "reason": "z"}, ("0.reason", "unknown")),
        ({"id": 2**63, "text": "y"}, ("0.id", "max_value")),
        ({"id": 10**30, "text": "y"}, ("0.id", "invalid")),
        ({"id": "one", "text": "y"}, ("0.id", "invalid")),
        ({"id": 1, "version": 0, "text": "y"}, ("0.version", "min_value")),
        ({"id": 1, "text": ""}, ("0.text", "blank")),
    ],
)
def test_a_change_that_makes_no_sense_is_named(change: Any, error: tuple[str, str], anns: APIClient) -> None:
    assert error in errors(patch(anns, [change]))


def test_a_task_is_named_once(anns: APIClient, task: Task) -> None:
    answer = patch(anns, [{"id": task.pk, "verb": "start"}, {"id": task.pk, "verb": "complete"}])
    assert errors(answer) == {("1.id", "repeated")}


def test_a_blocker_and_what_waits_for_it_are_completed_in_one_request(anns: APIClient, ann: User, after: Clock) -> None:
    first = Task.create(by=ann, at=after(), text="x")
    second = Task.create(by=ann, at=after(), text="y", blocked_by=[first.pk])
    answer = patch(anns, [{"id": first.pk, "task_status": "Completed"}, {"id": second.pk, "task_status": "Completed"}])
    assert answer.status_code == 200, answer.content
    assert [task["task_status"] for task in answer.json()["results"]] == ["Completed"] * 2
