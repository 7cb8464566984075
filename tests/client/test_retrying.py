"""A question is asked again until it is answered, and what it asks for happens once."""

import time
from email.utils import formatdate

import pytest

from djirgo.client import (
    AlreadyTaken,
    Conflict,
    Djirgo,
    Forbidden,
    Invalid,
    LeaseLost,
    NotFound,
    Refused,
    ServerFailed,
    Stale,
    TooManyRequests,
    Unauthorized,
    Unreachable,
)
from djirgo.client.connection import Answer
from djirgo.client.retrying import Patience
from tests.client.stub import Cut, Reply, Step, Stub, problem, task
from tests.servers import free_port

CREATED = Reply(201, task())
#: Every way in which an answer may not come.
NO_ANSWER = {
    "the connection ends": Cut(),
    "half of it comes": Reply(201, task(), promised=100),
    "bad gateway": Reply(502, b"<html>Bad Gateway</html>", kind="text/html"),
    "gateway time-out": Reply(504, b"", kind="text/html"),
    "unavailable": problem(503, "database_unavailable", Retry_After="0"),
    "too many requests": problem(429, "too_many_requests", Retry_After="0"),
    "still running": problem(409, "idempotency_key_in_use"),
}


@pytest.mark.parametrize("step", NO_ANSWER.values(), ids=NO_ANSWER)
def test_a_post_without_an_answer_is_sent_again_with_the_same_key(step: Step, stub: Stub, client: Djirgo) -> None:
    stub.will(step, step, CREATED)
    assert client.create("Mend the roof").id == 17
    assert stub.lines() == ["POST /api/tasks/"] * 3
    assert len({asked.key for asked in stub.asked}) == 1
    assert [asked.body for asked in stub.asked] == [{"text": "Mend the roof"}] * 3


def test_an_answer_that_takes_too_long_is_none(stub: Stub) -> None:
    stub.will(Reply(201, task(), late=1.0), CREATED)
    with Djirgo(stub.url, token="x", timeout_seconds=0.2) as client:
        client.create("Mend the roof")
    assert len(stub.asked) == 2
    assert stub.asked[0].key == stub.asked[1].key


def test_every_post_has_a_key_of_its_own(stub: Stub, client: Djirgo) -> None:
    stub.will(CREATED, CREATED)
    client.create("Mend the roof")
    client.create("Mend the roof")
    assert stub.asked[0].key != stub.asked[1].key


def test_a_program_that_starts_over_can_say_its_own_key(stub: Stub, client: Djirgo) -> None:
    stub.will(CREATED)
    client.create("Mend the roof", idempotency_key="order 5")
    assert stub.asked[0].key == "order 5"


@pytest.mark.parametrize("step", NO_ANSWER.values(), ids=NO_ANSWER)
def test_reading_is_done_again_too(step: Step, stub: Stub, client: Djirgo) -> None:
    stub.will(step, Reply(200, task()))
    assert client.task(17).title == "Task 17"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid", Invalid),
        (401, "token_not_valid", Unauthorized),
        (403, "not_allowed", Forbidden),
        (404, "not_found", NotFound),
        (409, "invalid_transition", Conflict),
        (409, "already_taken", AlreadyTaken),
        (409, "lease_lost", LeaseLost),
        (412, "stale_version", Stale),
        (413, "body_too_large", Refused),
        (422, "idempotency_key_reused", Refused),
        (500, "server_error", ServerFailed),
    ],
)
def test_a_refusal_is_an_answer(status: int, code: str, kind: type[Refused], stub: Stub, client: Djirgo) -> None:
    stub.will(problem(status, code, "Because."))
    with pytest.raises(kind) as refused:
        client.start(17)
    assert (refused.value.status, refused.value.code, refused.value.detail) == (status, code, "Because.")
    assert str(refused.value) == f"{code}: Because."
    assert len(stub.asked) == 1


def test_a_refusal_carries_the_whole_document(stub: Stub, client: Djirgo) -> None:
    errors = [{"field": "text", "code": "blank", "detail": "This field may not be blank."}]
    document = {"status": 400, "code": "invalid", "detail": "text: …", "errors": errors, "instance": "/x"}
    stub.will(Reply(400, document, kind="application/problem+json"))
    with pytest.raises(Invalid) as refused:
        client.create("")
    assert refused.value.errors == errors
    assert refused.value.problem == document


def test_a_refusal_that_djirgo_did_not_write_has_its_status_for_a_code(stub: Stub, client: Djirgo) -> None:
    stub.will(Reply(404, b"<h1>Not here</h1>", kind="text/html"))
    with pytest.raises(NotFound) as refused:
        client.task(17)
    assert str(refused.value) == "http_404: Not Found"


def test_what_is_not_answered_in_the_end_is_said_to_be_out_of_reach(stub: Stub, hasty: Djirgo) -> None:
    stub.will(problem(503, "database_unavailable", "The database does not answer."))
    with pytest.raises(Unreachable, match="answers 503: The database does not answer"):
        hasty.create("Mend the roof")


def test_a_server_that_is_not_there_is_out_of_reach() -> None:
    with (
        Djirgo(f"http://127.0.0.1:{free_port()}", token="x", retry_seconds=0.2) as client,
        pytest.raises(Unreachable, match="refused"),
    ):
        client.task(17)


def test_a_pause_longer_than_the_patience_is_not_begun(stub: Stub, client: Djirgo) -> None:
    stub.will(problem(429, "too_many_login_tries", Retry_After="900"))
    with pytest.raises(TooManyRequests) as refused:
        client.start(17)
    assert refused.value.retry_after == 900
    assert len(stub.asked) == 1


def test_a_refusal_that_was_kept_is_not_asked_for_again(stub: Stub, client: Djirgo) -> None:
    stub.will(problem(429, "too_many_requests", Idempotency_Replayed="true", Retry_After="0"), CREATED)
    client.create("Mend the roof")
    assert stub.asked[0].key != stub.asked[1].key


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b'"text"', b"{}", b'{"id": 17}'], ids=repr)
def test_what_no_djirgo_says_is_no_answer(body: bytes, stub: Stub, client: Djirgo) -> None:
    stub.will(Reply(200, body))
    with pytest.raises(Unreachable, match="a Djirgo"):
        client.task(17)
    stub.will(Reply(200, body))
    with pytest.raises(Unreachable, match="a Djirgo"):
        list(client.tasks())


def test_an_address_that_leads_elsewhere_is_named_and_the_token_does_not_follow(stub: Stub, client: Djirgo) -> None:
    stub.will(Reply(301, headers={"Location": f"{stub.url}/elsewhere/"}))
    with pytest.raises(Unreachable, match="/elsewhere/"):
        client.create("Mend the roof")
    assert len(stub.asked) == 1


def test_an_edit_is_sent_again_but_not_at_a_version(stub: Stub, client: Djirgo) -> None:
    stub.will(Cut(), Reply(200, task()))
    client.edit(17, priority="urgent", due_at=None)
    assert [asked.body for asked in stub.asked] == [{"priority": "urgent", "due_at": None}] * 2
    stub.will(Cut())
    with pytest.raises(Unreachable):
        client.edit(17, text="Mend it", version=7)
    assert len(stub.asked) == 3
    assert stub.asked[-1].headers["If-Match"] == '"7"'


def test_what_is_gone_after_a_lost_answer_was_deleted_by_that_try(stub: Stub, client: Djirgo) -> None:
    stub.will(Cut(), problem(404, "not_found"))
    client.delete(17)
    stub.will(problem(404, "not_found"))
    with pytest.raises(NotFound):
        client.delete(17)


def test_pauses_grow_to_a_bound_and_no_two_programs_wait_in_step() -> None:
    patience = Patience(first_pause=0.1, longest_pause=5.0)
    for number in range(60):
        pauses = {patience.pause(number) for _ in range(20)}
        full = min(5.0, 0.1 * 2**number)
        assert all(full / 2 <= pause <= full for pause in pauses)
        assert len(pauses) > 1


def test_a_server_says_when_to_come_back_in_seconds_or_by_a_date() -> None:
    def asked(said: str) -> float | None:
        return Answer(503, headers={"Retry-After": said}).retry_after

    assert asked("7") == 7
    assert asked(formatdate(0, usegmt=True)) == 0
    later = asked(formatdate(time.time() + 600, usegmt=True))
    assert later is not None
    assert 500 <= later <= 600


@pytest.mark.parametrize("said", ["", "soon", "-3", "1e9", "٣"])
def test_what_is_no_time_is_not_waited_for(said: str) -> None:
    assert Answer(503, headers={"Retry-After": said}).retry_after is None
