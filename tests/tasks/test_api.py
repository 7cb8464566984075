"""Tasks over HTTP, as the contract has them."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.tasks.models import Task

FIELDS = {
    "id", "text", "task_status", "owner", "performer", "pub_date", "perform_time", "perform_seconds", "is_running",
    "updated_at", "started_at", "completed_at", "project", "priority", "labels", "due_at", "blocked_by", "ready",
    "lease", "attempts", "failure_reason", "version",
}  # fmt: skip


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (
        status, "application/problem+json", code,
    )  # fmt: skip
    return dict(answer.json())


def wrong_fields(answer: Any) -> set[str]:
    return {error["field"] for error in problem(answer, 400, "invalid")["errors"]}


def test_a_new_task_has_every_field_of_the_contract(anns: APIClient) -> None:
    answer = anns.post("/api/tasks/", {"text": "  Mend the roof\nsoon "}, format="json")
    assert answer.status_code == 201
    shown = answer.json()
    assert set(shown) == FIELDS
    assert (shown["text"], shown["task_status"], shown["owner"], shown["performer"]) == (
        "Mend the roof\nsoon", "New", "ann", None,
    )  # fmt: skip
    assert shown["pub_date"].endswith("Z")
    assert answer["Location"].endswith(f"/api/tasks/{shown['id']}/")
    assert answer["ETag"] == '"1"'
    assert anns.get(answer["Location"]).json() == shown


def test_nothing_is_readable_without_logging_in() -> None:
    stranger = APIClient(SERVER_NAME="localhost")
    for path in ("/api/tasks/", "/api/tasks/1/", "/api/tasks/1/history/"):
        assert stranger.get(path).status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": "  "}, "text"),
        ({"text": None}, "text"),
        ({"text": 7}, "text"),
        ({"text": ["a"]}, "text"),
        ({"text": "nul \x00"}, "text"),
        ({"text": "x" * 10_001}, "text"),
        ({"text": "x" * 1_000_000}, "text"),
        ({"text": "a", "priority": "huge"}, "priority"),
        ({"text": "a", "priority": 1}, "priority"),
        ({"text": "a", "priority": ["low"]}, "priority"),
        ({"text": "a", "labels": "ocr"}, "labels"),
        ({"text": "a", "labels": [1]}, "labels.0"),
        ({"text": "a", "labels": ["x" * 51]}, "labels.0"),
        ({"text": "a", "labels": ["a,b"]}, "labels"),
        ({"text": "a", "labels": [f"label{n}" for n in range(21)]}, "labels"),
        ({"text": "a", "due_at": "tomorrow"}, "due_at"),
        ({"text": "a", "due_at": 10**30}, "due_at"),
        ({"text": "a", "due_at": "0001-01-01T00:00:00+14:00"}, "due_at"),
        ({"text": "a", "due_at": "9999-12-31T23:59:59-14:00"}, "due_at"),
        ({"text": "a", "color": "red"}, "color"),
    ],
)
def test_bad_input_is_refused_and_its_field_named(body: dict[str, Any], field: str, anns: APIClient) -> None:
    assert field in wrong_fields(anns.post("/api/tasks/", body, format="json"))
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    "raw", [b"{", b"", b"null", b"[]", b'"text"', b'{"text": "\\ud800"}', b"\xff\xfe", b'{"text": NaN}']
)
def test_a_malformed_body_is_a_problem_and_not_an_accident(raw: bytes, anns: APIClient) -> None:
    answer = anns.generic("POST", "/api/tasks/", raw, content_type="application/json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_another_media_type_is_415(anns: APIClient) -> None:
    answer = anns.generic("POST", "/api/tasks/", b"text=a", content_type="application/x-www-form-urlencoded")
    problem(answer, 415, "unsupported_media_type")


def test_read_only_fields_sent_back_are_ignored(anns: APIClient, task: Task) -> None:
    shown = anns.get(f"/api/tasks/{task.pk}/").json()
    answer = anns.put(f"/api/tasks/{task.pk}/", shown | {"text": "Mend the gutter", "owner": "eve"}, format="json")
    assert answer.status_code == 200
    assert (answer.json()["text"], answer.json()["owner"], answer.json()["version"]) == ("Mend the gutter", "ann", 2)


def test_a_put_that_carries_the_status_it_found_does_not_ask_for_it(
    anns: APIClient, task: Task, bob: User, after: Any
) -> None:
    task.start(by=bob, at=after())
    shown = anns.get(f"/api/tasks/{task.pk}/").json()
    answer = anns.put(f"/api/tasks/{task.pk}/", shown | {"text": "Better words"}, format="json")
    assert (answer.status_code, answer.json()["task_status"], answer.json()["performer"]) == (200, "In_Progress", "bob")


@pytest.mark.parametrize(
    ("path", "sets", "becomes"),
    [
        ([], "In_Progress", 200),
        ([], "Completed", 200),
        ([], "Cancelled", 200),
        ([], "Failed", 409),
        ([], "New", 200),
        (["In_Progress"], "Completed", 200),
        (["In_Progress"], "New", 200),
        (["In_Progress"], "Cancelled", 200),
        (["In_Progress"], "Failed", 409),
        (["In_Progress"], "In_Progress", 200),
        (["Completed"], "New", 200),
        (["Completed"], "Completed", 200),
        (["Completed"], "In_Progress", 409),
        (["Completed"], "Cancelled", 409),
        (["Cancelled"], "In_Progress", 409),
        (["Cancelled"], "Completed", 409),
    ],
)
def test_setting_the_status_is_the_verbs_by_another_name(
    path: list[str], sets: str, becomes: int, anns: APIClient, task: Task
) -> None:
    for status in path:
        assert anns.patch(f"/api/tasks/{task.pk}/", {"task_status": status}, format="json").status_code == 200
    before = anns.get(f"/api/tasks/{task.pk}/").json()
    answer = anns.patch(f"/api/tasks/{task.pk}/", {"task_status": sets}, format="json")
    assert answer.status_code == becomes
    if becomes == 409:
        problem(answer, 409, "invalid_transition")
        assert anns.get(f"/api/tasks/{task.pk}/").json()["version"] == before["version"]
    elif sets == before["task_status"]:
        assert answer.json()["version"] == before["version"]
    else:
        assert answer.json()["task_status"] == sets


def test_a_status_that_does_not_exist_is_400(anns: APIClient, task: Task) -> None:
    assert wrong_fields(anns.patch(f"/api/tasks/{task.pk}/", {"task_status": "Done"}, format="json")) == {"task_status"}


def test_the_whole_path_of_a_task_by_its_verbs(anns: APIClient, bobs: APIClient, task: Task) -> None:
    address = f"/api/tasks/{task.pk}/"
    for client, verb, status in [
        (bobs, "start", "In_Progress"),
        (bobs, "pause", "In_Progress"),
        (bobs, "resume", "In_Progress"),
        (bobs, "release", "New"),
        (bobs, "start", "In_Progress"),
        (bobs, "fail", "New"),
        (bobs, "start", "In_Progress"),
        (bobs, "complete", "Completed"),
        (anns, "reopen", "New"),
        (anns, "cancel", "Cancelled"),
    ]:
        answer = client.post(f"{address}{verb}/")
        assert (answer.status_code, answer.json()["task_status"]) == (200, status), verb
    types = [event["type"] for event in anns.get(f"{address}history/").json()["results"]]
    assert types == [
        "task.created", "task.started", "task.paused", "task.resumed", "task.released", "task.started", "task.failed",
        "task.started", "task.completed", "task.reopened", "task.cancelled",
    ]  # fmt: skip


def test_assigning(anns: APIClient, bobs: APIClient, bob: User, task: Task) -> None:
    address = f"/api/tasks/{task.pk}/assign/"
    assert anns.post(address, {"performer": "bob"}, format="json").json()["performer"] == "bob"
    assert wrong_fields(anns.post(address, {"performer": "nobody"}, format="json")) == {"performer"}
    assert wrong_fields(anns.post(address, {}, format="json")) == {"performer"}
    assert bobs.post(address, {"performer": None}, format="json").json()["performer"] is None
    assert bobs.post(address, {"performer": "me"}, format="json").json()["performer"] == "bob"
    problem(bobs.post(address, {"performer": "ann"}, format="json"), 403, "not_allowed")


def test_who_may_not_edit_or_delete_is_told_so(bobs: APIClient, task: Task) -> None:
    problem(bobs.patch(f"/api/tasks/{task.pk}/", {"text": "Mine"}, format="json"), 403, "not_allowed")
    problem(bobs.delete(f"/api/tasks/{task.pk}/"), 403, "not_allowed")


def test_a_deleted_task_is_gone(anns: APIClient, task: Task) -> None:
    assert anns.delete(f"/api/tasks/{task.pk}/").status_code == 204
    problem(anns.get(f"/api/tasks/{task.pk}/"), 404, "not_found")
    problem(anns.post(f"/api/tasks/{task.pk}/start/"), 404, "not_found")


@pytest.mark.parametrize("name", ["0", "99999999999999999", "999999999999999999999999", "-1", "abc", "1%00"])
def test_an_address_without_a_task_is_404(name: str, anns: APIClient) -> None:
    problem(anns.get(f"/api/tasks/{name}/"), 404, "not_found")


def test_a_write_at_a_stale_version_changes_nothing(anns: APIClient, task: Task) -> None:
    address = f"/api/tasks/{task.pk}/"
    assert anns.patch(address, {"text": "Two"}, format="json", headers={"If-Match": '"1"'}).status_code == 200
    for call in (
        lambda: anns.patch(address, {"text": "Three"}, format="json", headers={"If-Match": '"1"'}),
        lambda: anns.put(address, {"text": "Three"}, format="json", headers={"If-Match": 'W/"2"'}),
        lambda: anns.post(f"{address}start/", headers={"If-Match": '"abc"'}),
        lambda: anns.delete(address, headers={"If-Match": '"7"'}),
    ):
        problem(call(), 412, "stale_version")
    assert anns.get(address).json()["text"] == "Two"
    assert wrong_fields(anns.delete(address, headers={"If-Match": "nonsense"})) == {"If-Match"}
    assert anns.delete(address, headers={"If-Match": '"2"'}).status_code == 204


def test_a_client_that_has_the_version_is_not_sent_it_again(anns: APIClient, bob: User, task: Task, after: Any) -> None:
    address = f"/api/tasks/{task.pk}/"
    answer = anns.get(address, headers={"If-None-Match": '"1"'})
    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", '"1"')
    assert anns.get(address, headers={"If-None-Match": '"2"'}).status_code == 200
    task.start(by=bob, at=after())
    assert anns.get(address, headers={"If-None-Match": '"2"'}).status_code == 200, "the clock runs on"


@pytest.mark.parametrize(
    "query",
    [
        "nope=1", "ordering=text", "ordering=", "page_size=0", "page_size=201", "page_size=x", "page_size=-1",
        "cursor=abc", "cursor=", "cursor=WzEsMiwzLDRd", "task_status=Done", "priority=9", "ready=maybe",
        "due_before=soon", "updated_since=0001-01-01T00:00:00%2B14:00", "search=%00", "ordering=id&ordering=-id",
    ],
)  # fmt: skip
def test_a_bad_query_is_refused_and_its_parameter_named(query: str, anns: APIClient) -> None:
    assert wrong_fields(anns.get(f"/api/tasks/?{query}")) == {query.partition("=")[0]}


def test_filters(anns: APIClient, ann: User, bob: User, after: Callable[..., Any]) -> None:
    roof = Task.create(by=ann, at=after(), text="Roof", labels=["house"], due_at=after(days=1))
    car = Task.create(by=bob, at=after(), text="Car", labels=["car", "shiny"], due_at=after(days=9)).start(
        by=bob, at=after()
    )
    bill = Task.create(by=bob, at=after(hours=5), text="Bill")

    def found(query: str) -> list[int]:
        answer = anns.get(f"/api/tasks/?{query}")
        assert answer.status_code == 200, answer.content
        return [task["id"] for task in answer.json()["results"]]

    assert found("") == [bill.pk, car.pk, roof.pk]
    assert found("task_status=In_Progress") == found("performer=bob") == found("label=shiny") == [car.pk]
    assert found("owner=me") == [roof.pk]
    assert found("owner=bob&performer=none") == [bill.pk]
    assert found("owner=ghost") == []
    assert found("ready=true") == [bill.pk, roof.pk]
    assert found("ready=false") == [car.pk]
    assert found("due_before=2026-03-05T00:00:00Z") == [roof.pk]
    assert found("due_after=2026-03-05T00:00:00Z") == [car.pk]
    assert found("updated_since=2026-03-02T16:00:00Z") == [bill.pk]
    assert found("priority=normal&search=roofs") == [roof.pk]
    assert found("ordering=due_at") == [roof.pk, car.pk, bill.pk]
    assert found("ordering=-due_at") == [bill.pk, car.pk, roof.pk]
