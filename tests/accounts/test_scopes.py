"""What a token may be used for, at every address that there is."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver, get_resolver

from djirgo.accounts.models import Scope
from djirgo.tasks.api.views import TaskViewSet

from .conftest import Person, code, whoever_holds

pytestmark = pytest.mark.django_db
SAFE = {"get", "head", "options"}
WORK = {"claim", "renew", "start", "pause", "resume", "release", "complete", "fail"}
FOR_PEOPLE = ("/api/tokens/", "/api/bots/", "/api/auth/")


class Operation(NamedTuple):
    method: str
    path: str
    asks_who: bool

    @property
    def needs(self) -> str:
        if self.path.startswith(FOR_PEOPLE):
            return "a session"
        if self.method in SAFE:
            return "read"
        is_a_verb_of_work = self.path.startswith("/api/tasks/") and self.path.split("/")[-2] in WORK
        return "work" if is_a_verb_of_work else "write"

    def tried_by(self, holder: Person) -> str | None:
        """What the token is said to lack; nothing where it was let through, to whatever answer."""
        answer = holder.send(self.method, self.path.removeprefix("/api/"), None if self.method == "get" else {})
        if answer.status_code != 403:
            return None
        if code(answer) == "insufficient_scope":
            return re.search(r"“(\w+)”", answer.json()["detail"])[1]  # type: ignore[index]
        return "a session" if code(answer) == "session_required" else None


def operations() -> Iterator[Operation]:
    for route, pattern in addresses(get_resolver().url_patterns):
        path = re.sub(r"<[^>]+>", "1", simplify_regex(route))
        view = getattr(pattern.callback, "cls", None)
        if view is None or not path.startswith("/api/"):
            continue
        actions = getattr(pattern.callback, "actions", None)
        methods = actions or [name for name in view.http_method_names if hasattr(view, name)]
        said: dict[str, Any] = getattr(pattern.callback, "initkwargs", {})
        asks_who = bool(said.get("authentication_classes", view.authentication_classes))
        yield from (Operation(method, path, asks_who) for method in methods if method not in ("head", "options"))


def addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        route = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        else:
            yield route, pattern


ASKING = [operation for operation in operations() if operation.asks_who]


@pytest.mark.parametrize("scope", Scope.values)
def test_at_every_address_a_token_does_what_its_scope_allows_and_no_more(ann: Person, scope: str) -> None:
    holder = whoever_holds(ann.make_token(scope))
    expected = {operation: None if operation.needs == scope else operation.needs for operation in ASKING}

    assert {operation: operation.tried_by(holder) for operation in ASKING} == expected


def test_all_scopes_together_do_everything_but_what_needs_a_session(ann: Person) -> None:
    holder = whoever_holds(ann.make_token(*Scope.values))
    lacking = {operation for operation in ASKING if operation.tried_by(holder)}

    assert lacking == {operation for operation in ASKING if operation.needs == "a session"}


def test_the_addresses_are_all_there() -> None:
    known = {(operation.method, operation.path, operation.needs) for operation in ASKING}
    assert known >= {
        ("get", "/api/tasks/", "read"),
        ("get", "/api/events/", "read"),
        ("post", "/api/tasks/", "write"),
        ("patch", "/api/tasks/1/", "write"),
        ("post", "/api/tasks/1/assign/", "write"),
        ("post", "/api/tasks/1/start/", "work"),
        ("post", "/api/tokens/", "a session"),
        ("delete", "/api/bots/1/", "a session"),
        ("patch", "/api/auth/users/me/", "a session"),
        ("post", "/api/auth/users/set_password/", "a session"),
    }


def test_who_is_not_asked_who_they_are_writes_nothing_but_accounts_and_sessions() -> None:
    unasked = {operation.path for operation in operations() if not operation.asks_who and operation.method not in SAFE}
    assert unasked
    assert all(path.startswith("/api/auth/") for path in unasked)


def test_work_is_what_its_performer_does() -> None:
    assert TaskViewSet.work_actions >= WORK


def test_head_and_options_are_reading(ann: Person) -> None:
    reader, writer = (whoever_holds(ann.make_token(scope)) for scope in ("read", "write"))
    for method in ("head", "options"):
        assert getattr(reader.client, method)("/api/tasks/", **bearer(reader)).status_code == 200
        assert getattr(writer.client, method)("/api/tasks/", **bearer(writer)).status_code == 403


def bearer(person: Person) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {person.access}"}


def test_a_refusal_says_which_scope_is_needed_and_nothing_happens(ann: Person) -> None:
    answer = whoever_holds(ann.make_token("read")).send("post", "tasks/", {"text": "Mend the roof"})

    assert (answer.status_code, code(answer)) == (403, "insufficient_scope")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == "This needs a token with the scope “write”."
    assert ann.send("get", "tasks/").json()["results"] == []


def test_a_scope_lets_nobody_do_what_their_user_may_not(ann: Person, bob: Person) -> None:
    task = ann.send("post", "tasks/", {"text": "Mend the roof"}).json()
    holder = whoever_holds(bob.make_token(*Scope.values))

    assert code(holder.send("patch", f"tasks/{task['id']}/", {"text": "Burn it down"})) == "not_allowed"


def test_a_kept_answer_is_not_given_to_a_token_without_the_scope(ann: Person) -> None:
    said, key = {"text": "Mend the roof"}, {"HTTP_IDEMPOTENCY_KEY": "once"}
    writer, reader = (whoever_holds(ann.make_token(scope)) for scope in ("write", "read"))

    assert writer.send("post", "tasks/", said, **key).status_code == 201
    assert code(reader.send("post", "tasks/", said, **key)) == "insufficient_scope"


def test_what_a_token_does_is_done_by_its_user(ann: Person) -> None:
    task = whoever_holds(ann.make_token("write")).send("post", "tasks/", {"text": "Mend the roof"}).json()
    started = whoever_holds(ann.make_token("work")).send("post", f"tasks/{task['id']}/start/", {}).json()

    assert (task["owner"], started["performer"]) == ("ann", "ann")
