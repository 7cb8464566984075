"""A POST that is sent again gets the first answer again."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.rest.models import IdempotencyKey
from djirgo.tasks.api.views import TaskViewSet
from djirgo.tasks.models import Task

pytestmark = pytest.mark.django_db


def client_for(name: str) -> APIClient:
    client = APIClient(SERVER_NAME="localhost", raise_request_exception=False)
    client.force_authenticate(User.objects.get_or_create(username=name)[0])
    return client


def create(text: str, key: str = "key-1", by: str = "ann") -> Any:
    return client_for(by).post("/api/tasks/", {"text": text}, format="json", headers={"Idempotency-Key": key})


def test_the_same_request_gets_the_same_answer_and_makes_nothing_new() -> None:
    first, second = create("Once"), create("Once")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert (second["ETag"], second["Location"], second["Content-Type"]) == (
        first["ETag"], first["Location"], first["Content-Type"],
    )  # fmt: skip
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert Task.objects.count() == 1


def test_another_body_under_the_same_key_is_refused() -> None:
    create("Once")
    answer = create("Twice")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert Task.objects.count() == 1


def test_keys_of_different_people_do_not_meet() -> None:
    assert create("Once", by="ann").json()["id"] != create("Once", by="bob").json()["id"]


def test_a_refusal_is_an_answer_too() -> None:
    first, second = create(""), create("")
    assert first.status_code == second.status_code == 400
    assert second["Content-Type"] == "application/problem+json"
    assert second.json() == first.json()


def test_a_claim_sent_again_brings_the_same_task_with_the_same_lease() -> None:
    """It looks for work before it is answered, and so reads the body first."""
    create("Once", key="key-1"), create("Twice", key="key-2")
    bot = client_for("bob")
    wish = {"lease_seconds": 60, "wait_seconds": 1}
    first, second = (
        bot.post("/api/tasks/claim/", wish, format="json", headers={"Idempotency-Key": "claim"}) for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert first.json()["lease"]["token"]
    assert Task.objects.filter(performer__username="bob").count() == 1


def test_a_verb_sent_again_is_not_done_again() -> None:
    task = create("Once").json()
    for _ in range(2):
        answer = client_for("bob").post(f"/api/tasks/{task['id']}/start/", headers={"Idempotency-Key": "start"})
        assert (answer.status_code, answer.json()["version"]) == (200, 2)


def test_while_the_first_is_being_answered_the_second_waits_outside() -> None:
    create("Once")
    IdempotencyKey.objects.update(status=None)
    answer = create("Once")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_in_use")


def test_a_key_whose_holder_died_can_be_used_again() -> None:
    create("Once")
    Task.objects.all().delete()
    IdempotencyKey.objects.update(status=None, running_until=timezone.now() - timedelta(seconds=1))
    assert create("Once").status_code == 201
    assert Task.objects.count() == 1


def test_a_key_is_forgotten_after_its_day() -> None:
    create("Once")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert create("Twice").status_code == 201


def test_a_failure_of_ours_gives_the_key_back_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(view: TaskViewSet, task: Task) -> Response:
        raise RuntimeError("The answer could not be written.")

    with monkeypatch.context() as patch:
        patch.setattr(TaskViewSet, "_shown", break_down)
        assert create("Once").status_code == 500
    assert not Task.objects.exists()
    assert create("Once").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "ключ"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    answer = create("Once", key=key)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "Idempotency-Key")
