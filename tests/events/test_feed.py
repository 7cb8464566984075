"""`/api/events/`: the log by HTTP, from any place on, without gaps."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.events.models import Event
from tests.events.conftest import happen, number_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.create_user("ann"))
    return client


def walk(client: APIClient, address: str) -> list[int]:
    found: list[int] = []
    while address:
        page = client.get(address).json()
        assert page["previous"] is None
        found += [event["sequence"] for event in page["results"]]
        address = page["next"]
    return found


def test_the_feed_gives_every_numbered_event_in_order(client: APIClient) -> None:
    for _ in range(120):
        happen()
    number_all()
    happen()
    assert walk(client, "/api/events/") == list(range(1, 121))
    assert walk(client, "/api/events/?page_size=7&after=100") == list(range(101, 121))
    assert walk(client, "/api/events/?after=120") == []


def test_an_event_in_the_feed_is_a_cloud_event(client: APIClient) -> None:
    event = happen("task.created", 17, text="Молоко")
    number_all()
    (shown,) = client.get("/api/events/").json()["results"]
    assert shown == {
        "specversion": "1.0",
        "id": str(event.uuid),
        "source": "djirgo",
        "type": "task.created",
        "subject": "tasks/17",
        "time": event.time.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "sequence": 1,
        "data": {"text": "Молоко"},
    }


NO_PLACES = ["-1", "x", "", "1.5", "9223372036854775808", "٣"]
NONSENSE = [*(f"after={place}" for place in NO_PLACES), "page_size=0", "page_size=201", "before=1"]


@pytest.mark.parametrize("question", NONSENSE)
def test_a_question_that_makes_no_sense_is_refused_by_name(client: APIClient, question: str) -> None:
    answer: Any = client.get(f"/api/events/?{question}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == question.partition("=")[0]


def test_the_largest_place_is_a_place(client: APIClient) -> None:
    assert walk(client, "/api/events/?after=9223372036854775807") == []


def test_nobody_reads_the_feed_without_logging_in() -> None:
    assert APIClient().get("/api/events/").status_code == 401


def test_the_feed_can_only_be_read(client: APIClient) -> None:
    assert client.post("/api/events/", {}, format="json").status_code == 405
    assert not Event.objects.exists()
