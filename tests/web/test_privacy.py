"""A private project does not exist for strangers on any page: every address of the board, with whatever they send.

Each request is made twice, for what is hidden and for what never was; the answers have to be the same. The addresses
come from the table of addresses itself: one with a gap that the walk cannot fill fails it.
"""

import json
import re
from collections.abc import Callable
from http.cookies import SimpleCookie
from itertools import product
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from django.db import transaction

from djirgo.accounts.models import User
from djirgo.tasks.models import Status, Task, Verb
from djirgo.tasks.models.project import GENERAL
from djirgo.web.reports.tables import TABLES
from djirgo.web.urls import urlpatterns
from tests.tasks.conftest import NOON
from tests.tasks.private import NAME, NO_ID, SECRET, let_out, people, project, tasks, world
from tests.tasks.walk import Pair, World, fill, is_sought

from .conftest import PASSWORD, Browser

__all__ = ["let_out", "people", "project", "tasks", "world"]

#: What an answer has that is another every time.
TOKENS = re.compile(r"\b\w{64}\b|\d+")
GAP = re.compile(r"<\w+:(\w+)>")
#: Which gaps a stranger finds nothing behind, whatever else is in the address.
HIDDEN = {"project": "projects", "pk": "tasks", "comment": "comments", "interval": "intervals"}
#: The walk over the API asks about all of them.
FEW = 2
#: Where it is hidden, what is said makes no difference.
WORDS = {
    "version": "1", "text": "Mine", "line": "Mine", "name": "Mine", "username": "sam", "role": "owner",
    "performer": "sam", "status": "In_Progress", "reason": "x", "policy": "manual", "available": "on",
    "started_at": "2026-03-02T10:00", "ended_at": "2026-03-02T11:00", "lease_seconds": "60",
}  # fmt: skip
#: Log out, and nothing can be asked any more.
LAST = "log-out/"


class Answer(NamedTuple):
    status: int
    text: str


class Stranger:
    def __init__(self, browser: Browser, world: World, own: Task) -> None:
        self.browser, self.world, self.own = browser, world, own
        self.faults: list[str] = []
        self.number_sought = 0
        self.answers_from_nowhere: dict[Any, Answer] = {}

    def walk(self) -> list[str]:
        for pattern in urlpatterns:
            path = "/" + str(pattern.pattern)
            if path != f"/{LAST}":
                self._visit(path)
        return self.faults

    def _visit(self, path: str) -> None:
        gaps = GAP.findall(path)
        template = GAP.sub(r"{\1}", path)
        for number, filling in enumerate(product(*(self._behind(gap) for gap in gaps))):
            if number > 0 and not is_sought(filling):
                continue
            for ask in (self._get, self._get_part, self._post, self._post_part):
                self._compare(ask, template, filling, Pair({}, {}))
            if is_sought(filling):
                self._compare(self._post, template, filling, Pair(WORDS, WORDS))
            else:
                self._say(template, filling)

    def _say(self, template: str, filling: tuple[Pair, ...]) -> None:
        """Where a page is theirs to see: each of the things that lead to what is hidden."""
        things = self.world.things
        tasks, words = things["tasks"][:1], [things["words"][0], Pair(NAME, "mumble")]
        numbers = [Pair(f"#{pair.private}", f"#{pair.absent}") for pair in tasks]
        asked = {"q": words + numbers, "search": words, "label": things["labels"], "ids": tasks, "after": tasks}
        written = {"blocked_by": numbers, "project": things["projects"]}
        for ask, named in ((self._get, asked), (self._post, written)):
            if self._answer(ask, fill(template, [pair.private for pair in filling]), {}).status == 405:
                continue
            for name, pairs in named.items():
                for pair in pairs:
                    said = Pair({name: pair.private, "version": "1"}, {name: pair.absent, "version": "1"})
                    self._compare(ask, template, filling, said)

    def _behind(self, gap: str) -> list[Pair]:
        if gap in HIDDEN:
            own = {"project": [Pair(GENERAL, GENERAL)], "pk": [Pair(self.own.pk, self.own.pk)]}
            hidden = [pair for pair in self.world.things[HIDDEN[gap]] if is_sought([pair])]
            return [*own.get(gap, []), *hidden[:FEW]]
        known = {
            "status": Status.values,
            "verb": Verb.values,
            "name": list(TABLES),
            "member": [self.world.things["users"][0].private],
            "bot": [NO_ID],
            "token": [NO_ID],
        }
        if gap not in known:
            pytest.fail(f"The walk knows nothing to put in the place of {gap}.")
        return [Pair(value, value) for value in known[gap]]

    # --- Asking -----------------------------------------------------------------------------------------------

    def _compare(self, ask: Callable[[str, Any], Any], template: str, filling: tuple[Pair, ...], said: Pair) -> None:
        addresses = [fill(template, [pair[side] for pair in filling]) for side in (0, 1)]
        hidden = self._answer(ask, addresses[0], said.private)
        where = f"{ask.__name__} {addresses[0]} {said.private}"
        echoed = [str(value) for value in said.private.values()]
        text = without(hidden.text, echoed)
        self.faults += [f"{where} says {secret}" for secret in (SECRET, NAME) if secret in text.lower()]
        if not is_sought(filling) and said.private == said.absent:
            return
        self.number_sought += 1
        question = (ask.__name__, addresses[1], str(said.absent))
        if question not in self.answers_from_nowhere:
            self.answers_from_nowhere[question] = self._answer(ask, addresses[1], said.absent)
        absent = self.answers_from_nowhere[question]
        others = [str(value) for value in said.absent.values()]
        if (hidden.status, TOKENS.sub("", text)) != (
            absent.status,
            TOKENS.sub("", without(absent.text, others)),
        ):
            self.faults.append(f"{where}: {hidden.status} is told from {absent.status}")
        if is_sought(filling[:1]) and hidden.status not in (404, 405):
            self.faults.append(f"{where}: {hidden.status}")

    def _answer(self, ask: Callable[[str, Any], Any], address: str, said: Any) -> Answer:
        """Ask, and undo whatever that did, in the browser as well."""
        cookies = SimpleCookie(self.browser.cookies.output(header="", sep=";"))
        with transaction.atomic():
            answer = ask(address, said)
            transaction.set_rollback(True)
        self.browser.cookies = cookies
        headers = {name: answer[name] for name in ("Location", "HX-Trigger", "HX-Redirect") if name in answer}
        return Answer(answer.status_code, answer.content.decode() + json.dumps(headers))

    def _get(self, address: str, said: Any) -> Any:
        return self.browser.get(f"{address}?{urlencode(said)}")

    def _get_part(self, address: str, said: Any) -> Any:
        return self.browser.part(f"{address}?{urlencode(said)}")

    def _post(self, address: str, said: Any) -> Any:
        return self.browser.post(address, said)

    def _post_part(self, address: str, said: Any) -> Any:
        return self.browser.part(address, said)


def without(text: str, echoed: list[str]) -> str:
    for word in sorted(echoed, key=len, reverse=True):
        text = text if word.strip("#").isdigit() else text.replace(word, "…")
    return text


def with_a_password(user: User) -> None:
    """Without one nobody has a session."""
    user.set_password(PASSWORD)
    user.save()


@pytest.mark.once
def test_who_has_left_finds_nothing_of_it_on_any_page(
    people: SimpleNamespace, world: World, browser_of: Callable[[User], Browser]
) -> None:
    """And as little does who never was in it: what they ask and see is the same."""
    with_a_password(people.quondam)
    own = Task.create(text="Of everybody", by=people.quondam, at=NOON)
    stranger = Stranger(browser_of(people.quondam), world, own)
    assert not stranger.walk(), "\n".join(stranger.faults[:40])
    assert stranger.number_sought > 400


@pytest.mark.once
def test_a_page_that_leaked_would_be_found(
    people: SimpleNamespace, world: World, browser_of: Callable[[User], Browser]
) -> None:
    """The same walk, by somebody who may see it all."""
    with_a_password(people.quirinius)
    own = Task.create(text="Of everybody", by=people.quirinius, at=NOON)
    stranger = Stranger(browser_of(people.quirinius), world, own)
    stranger._visit("/projects/<int:project>/reports/<slug:name>.csv")
    stranger._visit("/tasks/<int:pk>/")
    assert any(f"says {SECRET}" in fault for fault in stranger.faults)
    assert any("is told from" in fault for fault in stranger.faults)
