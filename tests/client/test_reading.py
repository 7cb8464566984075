"""What comes is read as it is meant: also from newer servers, page by page, and with no event left out."""

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from djirgo.client import Djirgo, Task
from tests.client.stub import Asked, Reply, Stub, task


def event(sequence: int) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"id-{sequence}",
        "source": "djirgo",
        "type": "task.started",
        "subject": "tasks/17",
        "time": "2026-03-02T09:30:00.000000Z",
        "datacontenttype": "application/json",
        "sequence": sequence,
        "data": {"task": task(), "actor": "ann", "changed": {"task_status": {"from": "New", "to": "In_Progress"}}},
    }


def test_a_task_has_python_s_own_kinds_of_values() -> None:
    read = Task.read(task(due_at="2026-03-05T12:00:00.000000Z", blocked_by=[3, 4]))
    assert (read.title, read.labels, read.blocked_by, read.project) == ("Task 17", ("ocr",), (3, 4), 1)
    assert read.due_at == datetime(2026, 3, 5, 12, tzinfo=UTC)
    assert read.completed_at is None
    assert read.lease is not None
    assert read.lease.expires_at == datetime(2026, 3, 2, 9, 35, tzinfo=UTC)
    with pytest.raises(FrozenInstanceError):
        read.text = "Another"  # type: ignore[misc]


def test_what_a_newer_server_shows_disturbs_nothing() -> None:
    read = Task.read(task(mood="good", said="yes"))
    assert read.said["mood"] == "good"
    assert read.said["said"] == "yes"
    assert read == Task.read(task())
    assert hash(read) == hash(Task.read(task()))


def test_the_token_of_a_lease_is_not_shown_by_chance() -> None:
    read = Task.read(task())
    assert read.lease is not None
    assert read.lease.token == "lease-of-17"
    assert "lease-of-17" not in repr(read)


def test_lists_are_read_page_by_page_as_one_goes(stub: Stub, client: Djirgo) -> None:
    def page(asked: Asked) -> Reply:
        number = int(asked.query.get("cursor", "1"))
        # The server thinks that it is somebody else: it stands behind a proxy.
        more = f"http://inside:9/api/tasks/?cursor={number + 1}&label=a+b" if number < 3 else None
        return Reply(200, {"next": more, "previous": None, "results": [task(number * 2), task(number * 2 + 1)]})

    stub.otherwise = page
    tasks = client.tasks(label="a b", ready=True)
    assert stub.asked == []
    assert next(tasks).id == 2
    assert len(stub.asked) == 1
    assert [each.id for each in tasks] == [3, 4, 5, 6, 7]
    assert [asked.query for asked in stub.asked] == [
        {"label": "a b", "ready": "true"},
        {"cursor": "2", "label": "a b"},
        {"cursor": "3", "label": "a b"},
    ]


def test_an_instant_is_sent_with_its_time_zone_or_not_at_all(stub: Stub, client: Djirgo) -> None:
    stub.will(Reply(201, task()))
    moscow = timezone(timedelta(hours=3))
    client.create("Mend the roof", due_at=datetime(2026, 3, 5, 12, tzinfo=moscow))
    assert stub.asked[0].body == {"text": "Mend the roof", "due_at": "2026-03-05T12:00:00+03:00"}
    with pytest.raises(ValueError, match="no time zone"):
        client.create("Mend the roof", due_at=datetime(2026, 3, 5, 12))  # noqa: DTZ001
    with pytest.raises(ValueError, match="no time zone"):
        client.tasks(due_before=datetime(2026, 3, 5, 12))  # noqa: DTZ001
    assert len(stub.asked) == 1


def test_all_that_can_be_said_of_a_task_is_sent(stub: Stub, client: Djirgo) -> None:
    stub.will(Reply(201, task()))
    blocking = Task.read(task(3))
    client.create("Roof", project=2, priority="high", labels=("a", "b"), due_at="2026-03-05", blocked_by=[blocking, 4])
    assert stub.asked[0].body == {
        "text": "Roof",
        "project": 2,
        "priority": "high",
        "labels": ["a", "b"],
        "due_at": "2026-03-05",
        "blocked_by": [3, 4],
    }


def test_a_label_alone_is_one_label(stub: Stub, client: Djirgo) -> None:
    stub.otherwise = lambda asked: Reply(200, task())
    client.create("Roof", labels="house")
    client.edit(17, labels="house")
    client.claim(labels="house")
    assert [asked.body["labels"] for asked in stub.asked] == [["house"]] * 3


def test_verbs_carry_the_lease_of_a_task_that_was_claimed(stub: Stub, client: Djirgo) -> None:
    stub.otherwise = lambda asked: Reply(200, task())
    claimed = client.claim(labels=["ocr"], lease_seconds=60, wait_seconds=5)
    assert claimed is not None
    client.pause(claimed)
    client.renew(claimed)
    client.fail(claimed, "torn", retry=False)
    client.complete(17, lease="another")
    client.complete(17)
    client.assign(17, None)
    assert [(asked.path, asked.body) for asked in stub.asked] == [
        ("/api/tasks/claim/", {"labels": ["ocr"], "lease_seconds": 60, "wait_seconds": 5}),
        ("/api/tasks/17/pause/", {"lease": "lease-of-17"}),
        ("/api/tasks/17/renew/", {"lease": "lease-of-17"}),
        ("/api/tasks/17/fail/", {"lease": "lease-of-17", "reason": "torn", "retry": False}),
        ("/api/tasks/17/complete/", {"lease": "another"}),
        ("/api/tasks/17/complete/", {}),
        ("/api/tasks/17/assign/", {"performer": None}),
    ]


def test_a_holder_keeps_the_token_that_the_server_does_not_repeat(stub: Stub, client: Djirgo) -> None:
    later = {"expires_at": "2026-03-02T09:40:00.000000Z"}
    stub.will(Reply(200, task()), Reply(200, task(lease=later)), Reply(200, task(lease=None)))
    renewed = client.renew(client.claim_task(17), lease_seconds=600)
    assert renewed.lease is not None
    assert (renewed.lease.token, renewed.lease.expires_at.minute) == ("lease-of-17", 40)
    assert client.complete(renewed).lease is None
    assert [asked.body for asked in stub.asked] == [
        {}, {"lease": "lease-of-17", "lease_seconds": 600}, {"lease": "lease-of-17"},
    ]  # fmt: skip


def test_an_empty_queue_gives_nothing(stub: Stub, client: Djirgo) -> None:
    stub.otherwise = lambda asked: Reply(204)
    assert client.claim() is None
    assert client.claim(limit=5) == []
    stub.otherwise = lambda asked: Reply(200, {"results": [task(1), task(2)]})
    assert [each.id for each in client.claim(limit=5)] == [1, 2]
    assert stub.asked[-1].body == {"limit": 5}


def test_the_feed_is_followed_and_nothing_is_left_out(stub: Stub, client: Djirgo) -> None:
    """In pages, through what others may see and we may not, and on from where it came to when there is more."""

    def page(*sequences: int, then: int | None = None) -> Reply:
        more = None if then is None else f"{stub.url}/api/events/?after={then}&page_size=200"
        return Reply(200, {"next": more, "previous": None, "results": [event(number) for number in sequences]})

    stub.will(page(6, 8, then=8), page(then=40), page(41), page(), page(43))
    events = client.events(after=5, poll_seconds=0.001)
    assert [next(events).sequence for _ in range(4)] == [6, 8, 41, 43]
    assert [asked.query["after"] for asked in stub.asked] == ["5", "8", "40", "41", "41"]


def test_the_feed_may_end_where_there_is_no_more_just_now(stub: Stub, client: Djirgo) -> None:
    stub.will(Reply(200, {"next": None, "previous": None, "results": [event(1), event(2)]}))
    first, second = client.events(follow=False)
    assert (first.sequence, second.actor, second.changed["task_status"]["to"]) == (1, "ann", "In_Progress")
    assert second.task is not None
    assert second.task.id == 17


def test_comments_projects_tokens_and_histories_are_read(stub: Stub, client: Djirgo) -> None:
    def page(shown: dict[str, Any]) -> Reply:
        return Reply(200, {"next": None, "previous": None, "results": [shown]})

    stub.will(page({"id": 1, "text": "Is it urgent?"}), Reply(201, {"id": 2, "text": "Yes."}))
    assert [comment.text for comment in client.comments(17)] == ["Is it urgent?"]
    assert client.comment(17, "Yes.").id == 2
    stub.will(page({"id": 1, "name": "General", "is_open": True, "policy": "manual", "role": None, "new": 1}))
    assert [project.name for project in client.projects()] == ["General"]
    stub.will(page({"id": 1, "name": "ci", "scopes": ["work"], "expires_at": "2027-01-01T00:00:00Z"}))
    (token,) = client.tokens()
    assert token.scopes == ("work",)
    stub.will(page(event(1) | {"sequence": None}))
    assert [each.sequence for each in client.history(17)] == [None]
    stub.will(Reply(204))
    client.delete_token(1)
    assert stub.lines()[-1] == "DELETE /api/tokens/1/"
