"""Accepted now, written later: what is promised with a 202, and what is said about it afterwards."""

import uuid
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from djirgo.accounts.models import ApiToken, Scope, User
from djirgo.events.models import Event
from djirgo.intake import ids
from djirgo.intake.accepted import Accepted
from djirgo.intake.depth import Depth, depth
from djirgo.intake.models import Intake
from djirgo.ops import retention
from djirgo.tasks.models import Label, Project, Task
from tests.intake.conftest import Office, Sender

pytestmark = pytest.mark.django_db
BULK = "/api/tasks/bulk/"


def codes(outcome: Any) -> set[tuple[str, str]]:
    assert outcome["status"] == "rejected", outcome
    return {(error["field"], error["code"]) for error in outcome["errors"]}


def test_a_task_is_taken_in_without_the_database_and_is_there_once_it_is_written(office: Office, ann: Sender) -> None:
    before = timezone.now()
    with CaptureQueriesContext(connection) as asked:
        answer = ann.send(
            text=" Mend the roof ", labels=["ladder"], priority="high", due_at="2030-01-01T00:00:00+02:00"
        )
    assert (answer.status_code, list(asked)) == (202, [])
    assert answer["Preference-Applied"] == "respond-async"
    assert answer.json() == {"id": answer["Location"].split("/")[-2], "status": "pending"}
    assert ann.outcome(answer) == answer.json()
    accepted = timezone.now()

    office.write_all()
    outcome = ann.outcome(answer)
    assert (outcome["id"], outcome["status"]) == (answer.json()["id"], "applied")
    task = Task.objects.get()
    assert outcome["task"] == ann.get(f"/api/tasks/{task.pk}/").json()
    assert (task.text, task.owner, task.labels, task.priority) == ("Mend the roof", ann.user, ["ladder"], 2)
    assert outcome["task"]["due_at"] == "2029-12-31T22:00:00.000000Z"
    assert before <= task.created_at <= accepted < task.updated_at
    event = Event.objects.get()
    assert (event.type, event.data["actor"], event.data["task"]["id"]) == ("task.created", "ann", task.pk)
    assert Label.objects.get().is_waiting


def test_a_list_is_one_intake_all_of_it_or_nothing_and_in_its_order(office: Office, ann: Sender) -> None:
    answer = ann.post(BULK, [{"text": str(number)} for number in range(1000)])
    bad = ann.post(BULK, [{"text": "good"}, {"text": "bad", "project": 99}])
    office.write_all()
    assert [task["text"] for task in ann.outcome(answer)["tasks"]] == [str(number) for number in range(1000)]
    assert codes(ann.outcome(bad)) == {("1.project", "unknown_project")}
    assert Task.objects.count() == 1000


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": "x\x00"},
        {"text": 7},
        {"text": "x", "huge": 1},
        {"text": "x", "labels": ["a,b"]},
        {"text": "x", "project": "one"},
        {"text": "x", "project": 2**63},
        {"text": "x", "due_at": "1066-10-14"},
        {"text": "x", "blocked_by": [0]},
        [],
        "text",
    ],
)
def test_what_can_be_checked_at_once_is_refused_as_ever(body: Any, office: Office, ann: Sender) -> None:
    later, now = (ann.post("/api/tasks/", body, HTTP_PREFER=prefer) for prefer in ("respond-async", "none"))
    assert later.status_code == now.status_code == 400
    assert later.json() == now.json()
    assert later["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("body", [[], {}, [{"text": "x"}] * 1001, [{"text": "x"}, {"text": ""}], [None]])
def test_a_list_that_can_be_checked_at_once_is_refused_as_ever(body: Any, office: Office, ann: Sender) -> None:
    later, now = (ann.post(BULK, body, HTTP_PREFER=prefer) for prefer in ("respond-async", "none"))
    assert later.status_code == now.status_code == 400
    assert later.json() == now.json()


def test_what_is_no_json_or_goes_to_no_address_is_refused_as_ever(office: Office, ann: Sender) -> None:
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {ann.access}", "HTTP_PREFER": "respond-async"}
    broken = ann.client.post("/api/tasks/", b"{", content_type="application/json", **bearer)
    assert (broken.status_code, broken.json()["code"]) == (400, "parse_error")
    assert ann.post("/api/tasks/?now=1", {"text": "x"}).status_code == 400


def test_a_bad_row_falls_out_and_the_others_are_written(office: Office, ann: Sender, bob: Sender) -> None:
    secret = Project.create(by=bob.user, at=timezone.now(), name="Secret")
    sent = [ann.send(text="good"), ann.send(text="x", project=secret.pk), ann.send(text="x", blocked_by=[99])]
    sent += [bob.send(text="good", project=secret.pk), ann.send(text="good")]
    office.write_all()
    senders = [ann, ann, ann, bob, ann]
    outcomes = [sender.outcome(answer) for sender, answer in zip(senders, sent, strict=True)]
    assert [outcome["status"] for outcome in outcomes] == ["applied", "rejected", "rejected", "applied", "applied"]
    assert codes(outcomes[1]) == {("project", "unknown_project")}
    assert codes(outcomes[2]) == {("blocked_by", "invalid_blockers")}
    assert Task.objects.count() == Event.objects.filter(type="task.created").count() == 3


def test_whoever_only_looks_on_is_rejected(office: Office, ann: Sender, bob: Sender) -> None:
    project = Project.create(by=bob.user, at=timezone.now(), name="Bob's")
    project.admit(ann.user, by=bob.user, at=timezone.now(), role=0)
    answer = ann.send(text="x", project=project.pk)
    office.write_all()
    assert codes(ann.outcome(answer)) == {("non_field_errors", "not_allowed")}


def test_one_that_the_database_will_not_have_is_found_and_rejected(
    office: Office, ann: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in = Task.take_in

    def choke(arrivals: Any, **said: Any) -> list[Task]:
        if any(arrival.edits["text"] == "poison" for arrival in arrivals):
            raise ValueError("a mistake of ours")
        return take_in(arrivals, **said)

    monkeypatch.setattr(Task, "take_in", choke)
    sent = [ann.send(text="poison" if number == 5 else "good") for number in range(8)]
    office.write_all()
    outcomes = [ann.outcome(answer) for answer in sent]
    assert [number for number, outcome in enumerate(outcomes) if outcome["status"] == "rejected"] == [5]
    assert codes(outcomes[5]) == {("non_field_errors", "server_error")}
    assert Task.objects.count() == 7


def test_what_is_delivered_twice_is_written_once(office: Office, ann: Sender) -> None:
    accepted = message(ann)
    for _ in range(3):
        office.door.put(accepted)
    office.write_all()
    office.door.put(accepted)
    office.write_all()
    assert Task.objects.count() == Intake.objects.count() == 1


def message(sender: Sender, **said: Any) -> Accepted:
    now = timezone.now()
    words: dict[str, Any] = {
        "id": ids.fresh(sender.user.pk, at=now),
        "at": now,
        "user": sender.user.pk,
        "credentials_version": sender.user.credentials_version,
        "api_token": None,
        "key": "",
        "is_many": False,
        "tasks": [{"text": "Mend the roof"}],
    }
    return Accepted(**words | said)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"id": "no"}',
        orjson.dumps({"id": str(uuid.uuid4()), "at": "2026-01-01T00:00:00Z", "user": "1", "credentials_version": 1,
                      "api_token": None, "key": "", "is_many": False, "tasks": [{"text": "x"}]}),
    ],
)  # fmt: skip
def test_what_nobody_can_read_is_put_aside_and_holds_nobody_up(body: bytes, office: Office, ann: Sender) -> None:
    office.publish(office.queues.one, body)
    answer = ann.send(text="good")
    office.write_all()
    assert ann.outcome(answer)["status"] == "applied"
    assert office.waiting_in(office.queues.dead) == 1


def test_what_belongs_to_nobody_is_put_aside_and_holds_nobody_up(office: Office, ann: Sender) -> None:
    office.door.put(message(ann, user=999_999))
    answer = ann.send(text="good")
    office.write_all()
    assert ann.outcome(answer)["status"] == "applied"
    assert office.waiting_in(office.queues.dead) == 1


# --- Who may ------------------------------------------------------------------------------------------------------


def test_nobody_is_taken_in_without_a_token_that_is_signed(office: Office, ann: Sender) -> None:
    ann.access = ann.access[:-4] + "AAAA"
    assert ann.send(text="x").json()["code"] == "token_not_valid"
    answer = ann.client.post("/api/tasks/", {"text": "x"}, format="json", HTTP_PREFER="respond-async")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_a_session_that_has_ended_is_rejected_when_it_is_written(office: Office, ann: Sender) -> None:
    answer = ann.send(text="x")
    ann.user.set_password("another one entirely")
    ann.user.save()
    office.write_all()
    again = Sender(ann.user)
    assert codes(again.outcome(answer)) == {("non_field_errors", "token_not_valid")}
    assert not Task.objects.exists()


def test_an_account_that_was_deactivated_writes_nothing(office: Office, ann: Sender) -> None:
    answer = ann.send(text="x")
    User.objects.filter(pk=ann.user.pk).update(is_active=False)
    office.write_all()
    assert Intake.objects.get(pk=answer.json()["id"]).outcome == "rejected"


def token(sender: Sender, *scopes: Scope) -> str:
    issued = ApiToken.issue(
        scopes[0], scopes, acting_as=sender.user, expires_at=None, by=sender.user, at=timezone.now()
    )
    return issued[1]


def test_an_api_token_is_taken_in_within_its_scope_and_only_while_it_is_there(office: Office, ann: Sender) -> None:
    writer, reader = token(ann, Scope.WRITE), token(ann, Scope.READ)
    ann.access = reader
    assert ann.send(text="x").json()["code"] == "insufficient_scope"
    ann.access = writer
    first = ann.send(text="x")
    office.write_all()
    second = ann.send(text="x")
    ApiToken.objects.filter(name=Scope.WRITE).delete()
    office.write_all()
    ann.access = reader
    assert ann.outcome(first)["status"] == "applied"
    assert codes(ann.outcome(second)) == {("non_field_errors", "token_not_valid")}


def test_only_the_sender_sees_what_became_of_it(office: Office, ann: Sender, bob: Sender) -> None:
    pending, rejected = ann.send(text="x"), ann.send(text="x", project=99)
    for answer in (pending, rejected):
        assert bob.get(answer["Location"]).status_code == 404
    office.write_all()
    for answer in (pending, rejected):
        assert ann.get(answer["Location"]).status_code == 200
        assert bob.get(answer["Location"]).status_code == 404
        assert ann.client.get(answer["Location"]).status_code == 401


@pytest.mark.parametrize("made_up", [uuid.uuid4(), uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), "1", "x" * 300])
def test_what_somebody_made_up_is_nobodys_intake(made_up: Any, ann: Sender) -> None:
    assert ann.get(f"/api/intake/{made_up}/").status_code == 404


def test_an_id_is_good_for_its_user_until_its_record_would_be_gone(settings: Any, ann: Sender) -> None:
    long_ago = timezone.now() - settings.KEEP_INTAKE - timedelta(seconds=1)
    assert ann.get(f"/api/intake/{ids.fresh(ann.user.pk, at=timezone.now())}/").json()["status"] == "pending"
    assert ann.get(f"/api/intake/{ids.fresh(ann.user.pk, at=long_ago)}/").status_code == 404


def test_ids_are_uuids_that_differ_and_say_when() -> None:
    now = timezone.now()
    made = [ids.fresh(7, at=now) for _ in range(10_000)]
    assert len(set(made)) == len(made)
    assert {(id_.version, id_.variant) for id_ in made} == {(7, uuid.RFC_4122)}
    assert abs((ids.accepted_at(made[0]) or now) - now) < timedelta(milliseconds=2)
    keyed = ids.of_key(7, "k", "f")
    assert (keyed.version, keyed.variant, ids.accepted_at(keyed)) == (8, uuid.RFC_4122, None)
    assert all(ids.belongs_to(id_, 7) and not ids.belongs_to(id_, 8) for id_ in [*made[:100], keyed])
    assert not any(ids.belongs_to(uuid.UUID(int=made[0].int ^ 1 << bit), 7) for bit in range(128))


def test_a_task_that_is_gone_again_is_null(office: Office, ann: Sender) -> None:
    answer = ann.send(text="x")
    office.write_all()
    Task.objects.get().delete_for_good(by=ann.user, at=timezone.now())
    assert ann.outcome(answer) == {"id": answer.json()["id"], "status": "applied", "task": None}


# --- Sent again ---------------------------------------------------------------------------------------------------


def test_sent_again_with_its_key_it_is_the_same_intake(office: Office, ann: Sender, bob: Sender) -> None:
    first, again = (ann.post("/api/tasks/", {"text": "x"}, HTTP_IDEMPOTENCY_KEY="k") for _ in range(2))
    bobs = bob.post("/api/tasks/", {"text": "x"}, HTTP_IDEMPOTENCY_KEY="k")
    office.write_all()
    third = ann.post("/api/tasks/", {"text": "x"}, HTTP_IDEMPOTENCY_KEY="k")
    office.write_all()
    assert first.json() == again.json() == third.json()
    assert ann.outcome(first)["status"] == bob.outcome(bobs)["status"] == "applied"
    assert Task.objects.filter(owner=ann.user).count() == 1
    assert Task.objects.count() == 2


@pytest.mark.parametrize("together", [True, False])
def test_a_key_that_was_used_for_another_request_is_rejected(together: bool, office: Office, ann: Sender) -> None:
    first = ann.post("/api/tasks/", {"text": "x"}, HTTP_IDEMPOTENCY_KEY="k")
    if not together:
        office.write_all()
    second = ann.post("/api/tasks/", {"text": "y"}, HTTP_IDEMPOTENCY_KEY="k")
    office.write_all()
    assert ann.outcome(first)["status"] == "applied"
    assert codes(ann.outcome(second)) == {("non_field_errors", "idempotency_key_reused")}
    assert Task.objects.get().text == "x"


# --- Without a broker ---------------------------------------------------------------------------------------------


def test_without_rabbitmq_the_answer_is_the_ordinary_one(ann: Sender) -> None:
    answer = ann.send(text="x")
    assert answer.status_code == 201
    assert "Preference-Applied" not in answer.headers
    assert answer["Location"].endswith(f"/api/tasks/{answer.json()['id']}/")


def test_where_the_broker_does_not_confirm_it_is_written_at_once(no_broker: None, ann: Sender) -> None:
    answer = ann.send(text="x")
    assert (answer.status_code, answer.json()["text"], answer["ETag"]) == (201, "x", '"1"')
    assert "Preference-Applied" not in answer.headers
    assert answer.json() == ann.get(answer["Location"]).json()
    many = ann.post(BULK, [{"text": "y"}, {"text": "z"}])
    assert (many.status_code, [task["text"] for task in many.json()["results"]]) == (201, ["y", "z"])
    refused = ann.send(text="x", project=99)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "unknown_project")
    assert Task.objects.count() == 3


def test_a_session_that_has_ended_is_refused_where_it_is_written_at_once(no_broker: None, ann: Sender) -> None:
    ann.user.end_sessions()
    assert ann.send(text="x").json()["code"] == "token_not_valid"
    assert not Task.objects.exists()


def test_a_message_that_came_through_after_all_does_nothing_any_more(
    office: Office, ann: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker has it, and its confirm is lost: nobody can know that."""
    monkeypatch.setattr(
        office.door, "_publish", lambda batch: [office.door.publisher.publish([h.accepted]) for h in batch]
    )
    monkeypatch.setattr("djirgo.intake.door.REQUEST_SECONDS", 1.0)
    answer = ann.send(text="x")
    assert answer.status_code == 201
    assert office.waiting_in(office.queues.one) == 1
    office.write_all()
    assert Task.objects.count() == 1


def test_sent_again_with_its_key_it_is_one_task_whether_or_not_the_broker_is_there(
    office: Office, ann: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send() -> Any:
        return ann.post("/api/tasks/", {"text": "x"}, HTTP_IDEMPOTENCY_KEY="k")

    assert send().status_code == 202
    office.write_all()
    monkeypatch.setattr(office.door, "_away_until", float("inf"))
    again = send()
    assert (again.status_code, again.json()["id"]) == (201, Task.objects.get().pk)
    other = ann.post("/api/tasks/", {"text": "y"}, HTTP_IDEMPOTENCY_KEY="k")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("respond-async", 202),
        ("Respond-Async, wait=10", 202),
        ("return=minimal, respond-async; x=1", 202),
        ("respond-asynchronously", 201),
        ('x="a, respond-async, b"', 201),
        ("", 201),
    ],
)
def test_the_preference_is_read_as_it_is_written(said: str, status: int, office: Office, ann: Sender) -> None:
    assert ann.post("/api/tasks/", {"text": "x"}, HTTP_PREFER=said).status_code == status


def test_nothing_but_new_tasks_is_answered_later(office: Office, ann: Sender) -> None:
    task = Task.create(by=ann.user, at=timezone.now(), text="x")
    assert ann.post(f"/api/tasks/{task.pk}/start/", {}).status_code == 200


def test_what_waits_and_who_reads_is_known(office: Office, ann: Sender) -> None:
    assert depth(office.url, office.queues, purpose="test") == Depth()
    ann.send(text="x")
    ann.post(BULK, [{"text": "y"}])
    assert depth(office.url, office.queues, purpose="test") == Depth(waiting=2, readers=0)
    readers = [office.writer(), office.writer(office.queues.many)]
    for reader in readers:
        reader.step()
    assert depth(office.url, office.queues, purpose="test") == Depth(waiting=0, readers=1)


def test_records_are_kept_for_a_time(settings: Any, office: Office, ann: Sender) -> None:
    for _ in range(2):
        ann.send(text="x")
    office.write_all()
    old = Intake.objects.first()
    assert old is not None
    Intake.objects.filter(pk=old.pk).update(written_at=timezone.now() - settings.KEEP_INTAKE - timedelta(minutes=1))
    assert retention.prune(at=timezone.now())["intake"] == 1
    assert Intake.objects.exclude(pk=old.pk).count() == Intake.objects.count() == 1
    assert Task.objects.count() == 2
