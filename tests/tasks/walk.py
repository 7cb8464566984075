"""Every address that Djirgo answers, walked by somebody from whom something is hidden.

The addresses are taken from the resolver itself, and what can be said there from the OpenAPI document, so that a new
address is walked as soon as it is there. One that is about things of which the private world has none fails the walk:
whoever adds it puts some into the world.

Each request is made twice: for what is hidden, and for what never was. The answers have to be the same.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from django.contrib.admindocs.views import simplify_regex
from django.core.signals import request_finished
from django.db import close_old_connections, transaction
from django.urls import get_resolver
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.rest.docs import document

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
READING = METHODS[:3]
#: Who has an account is known to whoever has one.
ABOUT_ACCOUNTS = re.compile(r"^/api/(auth|users)/")
NOT_THERE = {400, 404, 405}


class Pair(NamedTuple):
    """A value that leads to something, and one of its kind that leads nowhere."""

    private: Any
    absent: Any


SILENCE = Pair({}, {})


class Answer(NamedTuple):
    status: int
    text: str


@dataclass
class World:
    """What there is, by the names that addresses, fields and parameters have for it."""

    things: dict[str, list[Pair]]
    #: Words that appear in nothing but what is hidden.
    secrets: list[str]
    #: The names that fields and parameters have for the things.
    fields: dict[str, str] = field(
        default_factory=lambda: {
            "project": "projects",
            "task": "tasks",
            "id": "tasks",
            "blocked_by": "tasks",
            "performer": "usernames",
            "owner": "usernames",
            "username": "usernames",
            "user": "usernames",
            "watcher": "usernames",
            "bot": "usernames",
            "label": "labels",
            "labels": "labels",
            "search": "words",
            "lease": "leases",
        }
    )

    def pairs(self, resource: str, path: str) -> list[Pair]:
        if resource not in self.things:
            pytest.fail(f"{path}: the walk knows no {resource}. Put some into the private world.")
        return self.things[resource]


@dataclass
class Walker:
    user: User
    world: World
    #: The kinds of things that are hidden from them; all others of the world are not.
    hidden: frozenset[str]
    faults: list[str] = field(default_factory=list)
    answers_from_nowhere: dict[Any, Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # One for all: each has to learn anew what files there are to serve.
        self.client = APIClient(SERVER_NAME="localhost")
        self.client.force_authenticate(self.user)

    def walk(self) -> list[str]:
        """What was wrong, and where."""
        for path in addresses():
            for method in METHODS:
                self._visit(method, path)
        return self.faults

    def _visit(self, method: str, path: str) -> None:
        """With everything that the address can be about; with everything that can be said, about the first of it."""
        said = what_can_be_said(method, path)
        fillings = list(one_by_one([self._pairs(resource, path) for resource in resources(path)]))
        for number, filling in enumerate(fillings if said else fillings[:1]):
            bodies = list(self._bodies(said)) if number == 0 and not ABOUT_ACCOUNTS.match(path) else []
            statuses = {self._try(method, path, filling, SILENCE, body) for body in bodies or [self._plain_body(said)]}
            if number == 0 and said and is_sought(filling) and 404 not in statuses:
                self.faults.append(f"{method} {path} {filling}: {statuses} and never 404")
        for query in self._queries(said):
            self._try(method, path, fillings[0], query, self._plain_body(said))

    def _pairs(self, resource: str, path: str) -> list[Pair]:
        """What is not hidden is asked for as it is, both times."""
        known = self.world.pairs(resource, path)
        return known if resource in self.hidden else [Pair(pair.private, pair.private) for pair in known]

    def _try(self, method: str, path: str, filling: tuple[Pair, ...], query: Pair, body: Pair) -> int:
        address, nowhere = (fill(path, [pair[side] for pair in filling]) for side in (0, 1))
        answer = self._ask(method, address, query.private, body.private)
        where = f"{method} {address} {query.private or ''} {body.private or ''}"
        self._look_for_secrets(where, answer, [query, body])
        sought = [pair for pair in (*filling, *_pairs_in(query), *_pairs_in(body)) if is_sought([pair])]
        if not sought or ABOUT_ACCOUNTS.match(path):
            return answer.status
        question = (method, nowhere, str(query.absent), str(body.absent))
        if question not in self.answers_from_nowhere:
            self.answers_from_nowhere[question] = self._ask(method, nowhere, query.absent, body.absent)
        other = self.answers_from_nowhere[question]
        if _plain(answer, sought) != _plain(other, sought):
            self.faults.append(f"{where}: {answer} is not {other}")
        if is_sought(filling) and method != "OPTIONS" and answer.status not in NOT_THERE:
            self.faults.append(f"{where}: {answer}")
        return answer.status

    def _ask(self, method: str, address: str, query: dict[str, Any], body: Any) -> Answer:
        """Ask, and undo whatever that did."""
        with transaction.atomic():
            words = "" if method in READING else json.dumps(body)
            answer = self.client.generic(
                method, address, words, content_type="application/json", QUERY_STRING=urlencode(query)
            )
            self.before_undoing(method, address, body)
            transaction.set_rollback(True)
        if answer.streaming:
            _close(answer)
            return Answer(answer.status_code, "")
        return Answer(answer.status_code, answer.content.decode())

    def before_undoing(self, method: str, address: str, body: Any) -> None:
        """To be looked at while what was done is there."""

    def _look_for_secrets(self, where: str, answer: Answer, said: list[Pair]) -> None:
        text = _without_echo(answer.text, said)
        for secret in self.world.secrets:
            is_a_name = Pair(secret, "nobody-at-all") in self.world.things["usernames"]
            if secret in text.lower() and not (is_a_name and ABOUT_ACCOUNTS.match(where.split()[1])):
                self.faults.append(f"{where} says {secret}: {answer}")

    # --- What can be said -------------------------------------------------------------------------------------

    def _queries(self, said: dict[str, Any]) -> Iterator[Pair]:
        """One parameter at a time, with everything that could be meant by it."""
        for parameter in said.get("parameters", []):
            if parameter["in"] != "query":
                continue
            name = parameter["name"]
            for pair in self._values(name, parameter["schema"]):
                yield Pair({name: pair.private}, {name: pair.absent})

    def _plain_body(self, said: dict[str, Any]) -> Pair:
        """What has to be said, and nothing else."""
        return next(self._bodies(said))

    def _bodies(self, said: dict[str, Any]) -> Iterator[Pair]:
        """What has to be said, alone, with each of the things that may be, and with all; of many, a list of one."""
        schema, many = body_schema(said)
        fields = schema.get("properties", {})
        plain = {name: next(self._written(name, fields[name])) for name in schema.get("required", [])}
        more = ({name: pair} for name, each in fields.items() for pair in self._written(name, each))
        everything = {name: next(self._written(name, each)) for name, each in fields.items()}
        for body in ({}, *more, everything):
            sides = ({name: pair[side] for name, pair in (plain | body).items()} for side in (0, 1))
            yield Pair(*([side] if many else side for side in sides))

    def _written(self, name: str, schema: dict[str, Any]) -> Iterator[Pair]:
        """A name that is written down may be told from one that nobody has: who has an account is no secret."""
        is_a_name = self.world.fields.get(name) == "usernames"
        for pair in self._values(name, schema):
            yield Pair(pair.private, pair.private) if is_a_name else pair

    def _values(self, name: str, schema: dict[str, Any]) -> Iterator[Pair]:
        schema = resolved(schema)
        kind = _kind(schema)
        if name in self.world.fields:
            for pair in self._pairs(self.world.fields[name], name):
                yield Pair([pair.private], [pair.absent]) if kind == "array" else pair
        elif kind == "array":
            for pair in self._values("", schema.get("items", {})):
                yield Pair([pair.private], [pair.absent])
        else:
            yield from (Pair(value, value) for value in self._anything(schema, kind))

    def _anything(self, schema: dict[str, Any], kind: str) -> Iterator[Any]:
        """For what has a name that means no thing: what its type takes, and whatever could be tried."""
        if schema.get("enum"):
            yield schema["enum"][0]
        elif kind == "integer":
            yield 1
            firsts = (pair.private for name in sorted(self.hidden) for pair in self.world.things.get(name, [])[:1])
            yield from (value for value in firsts if isinstance(value, int))
        elif kind == "string" and not schema.get("format"):
            yield from ("something", self.world.secrets[0])
        else:
            yield {"boolean": True, "number": 0, "string": "2026-03-02T12:00:00Z"}.get(kind, {})


def is_sought(pairs: Iterable[Pair]) -> bool:
    """Whether any of them leads to what is hidden."""
    return any(pair.private != pair.absent for pair in pairs)


# --- The addresses ------------------------------------------------------------------------------------------------


def addresses() -> list[str]:
    return sorted({path for path in _under(get_resolver().url_patterns, "") if path.startswith("/api/")})


def _under(patterns: Sequence[Any], prefix: str) -> Iterator[str]:
    for pattern in patterns:
        here = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _under(pattern.url_patterns, here)
        else:
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", simplify_regex(here))


def resources(path: str) -> list[str]:
    """What stands before each gap of an address says what belongs into it."""
    parts = path.strip("/").split("/")
    return [parts[index - 1] for index, part in enumerate(parts) if part.startswith("{")]


def one_by_one(choices: list[list[Pair]]) -> Iterator[tuple[Pair, ...]]:
    """The first of each, and every other in the place of one of them."""
    first = tuple(each[0] for each in choices)
    yield first
    for place, each in enumerate(choices):
        for other in each[1:]:
            yield (*first[:place], other, *first[place + 1 :])


def fill(path: str, values: Sequence[Any]) -> str:
    left = iter(values)
    return re.sub(r"\{\w+\}", lambda _: str(next(left)), path)


@cache
def _operations() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path)): operation
        for path, operations in document()["paths"].items()
        for method, operation in operations.items()
    }


def what_can_be_said(method: str, path: str) -> dict[str, Any]:
    return _operations().get((method, re.sub(r"\{\w+\}", "{}", path)), {})


def body_schema(said: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """What one thing is to look like, and whether a list of such things is asked for."""
    content = said.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = resolved(content.get("schema", {}))
    return (resolved(schema["items"]), True) if schema.get("type") == "array" else (schema, False)


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for several in ("allOf", "oneOf", "anyOf"):
        if several in schema:
            return resolved(schema[several][0])
    return schema


def _kind(schema: dict[str, Any]) -> str:
    kinds = schema.get("type", "string")
    return kinds if isinstance(kinds, str) else next(kind for kind in kinds if kind != "null")


# --- The answers --------------------------------------------------------------------------------------------------


def _pairs_in(said: Pair) -> Iterator[Pair]:
    private_side, absent_side = (side[0] if isinstance(side, list) else side for side in said)
    for name, private in private_side.items():
        absent = absent_side[name]
        yield Pair(*((side[0] if isinstance(side, list) and side else side) for side in (private, absent)))


def _close(answer: Any) -> None:
    """As Django's own test client does it: the end of a request does not close the connection that the test is in."""
    request_finished.disconnect(close_old_connections)
    answer.close()
    request_finished.connect(close_old_connections)


def _without_echo(text: str, said: list[Pair]) -> str:
    for part in said:
        for value, _ in _pairs_in(part):
            if isinstance(value, str):
                text = text.replace(value, "…")
    return text


def _plain(answer: Answer, values: list[Pair]) -> Answer:
    """Without the numbers, and without what was asked for."""
    text = answer.text
    for pair in values:
        for value in pair:
            text = text if str(value).isdigit() else text.replace(str(value), "…")
    return Answer(answer.status, re.sub(r"\d+", "N", text))
