"""Nobody sends more than their share, and every answer says what is left."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from djirgo.accounts import rate_limit

from .conftest import Person, code

pytestmark = pytest.mark.django_db
LIMIT = 5


@pytest.fixture
def limited(settings: Any) -> None:
    settings.RATE_LIMIT, settings.RATE_LIMIT_SECONDS = LIMIT, 3600
    rate_limit.limiter.cache_clear()


def remaining(answer: Any) -> int:
    assert answer["RateLimit-Policy"] == f'"default";q={LIMIT};w=3600'
    said = re.fullmatch(r'"default";r=(\d+);t=\d+', answer["RateLimit"])
    assert said
    return int(said[1])


def test_a_user_who_has_sent_all_they_may_is_told_when_to_come_again(ann: Person, bob: Person, limited: None) -> None:
    assert [remaining(ann.send("get", "tasks/")) for _ in range(LIMIT)] == [4, 3, 2, 1, 0]
    refused = ann.send("post", "tasks/", {"text": "x"})
    assert (refused.status_code, code(refused), remaining(refused)) == (429, "too_many_requests", 0)
    assert refused["Content-Type"] == "application/problem+json"
    assert 0 < int(refused["Retry-After"]) <= 3600 // LIMIT
    assert bob.send("get", "tasks/").status_code == 200


def test_all_tokens_of_a_user_count_together(ann: Person, limited: None) -> None:
    token = ann.make_token("read")
    program = Person("ann", access=token["token"])
    assert [remaining(person.send("get", "tasks/")) for person in (ann, program, program)] == [3, 2, 1]


def test_whoever_is_not_logged_in_is_counted_by_their_address(visitor: Person, limited: None) -> None:
    said = {"token": "no token"}
    statuses = [visitor.send("post", "auth/jwt/verify/", said).status_code for _ in range(LIMIT + 1)]
    assert statuses == [401] * LIMIT + [429]
    assert Person(address="192.0.2.2").send("post", "auth/jwt/verify/", said).status_code == 401


def test_probes_are_not_counted(visitor: Person, limited: None) -> None:
    assert "RateLimit" not in visitor.client.get("/healthz").headers


def test_counting_asks_no_database(visitor: Person, limited: None) -> None:
    with CaptureQueriesContext(connection) as asked:
        refused = [visitor.send("post", "auth/jwt/verify/", {}).status_code for _ in range(LIMIT + 1)]
    assert refused[-1] == 429
    assert list(asked) == []


def test_without_a_limit_nobody_is_counted(ann: Person, settings: Any) -> None:
    settings.RATE_LIMIT = 0
    assert "RateLimit" not in ann.send("get", "tasks/").headers
