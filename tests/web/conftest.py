"""People with browsers, as far as Django's client is one."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from djirgo.accounts.models import User
from djirgo.tasks.models import Project, Task
from djirgo.tasks.models.project import GENERAL

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PASSWORD = "an apple a day"


class Browser(Client):
    """Asks for pages; `part` asks as htmx does, for a piece of one."""

    def __init__(self, **more: Any) -> None:
        super().__init__(SERVER_NAME="localhost", HTTP_ACCEPT="text/html,*/*;q=0.8", **more)

    def part(self, address: str, said: dict[str, Any] | None = None, **more: Any) -> HttpResponse:
        call = self.get if said is None else self.post
        return call(address, said or {}, HTTP_HX_REQUEST="true", HTTP_ACCEPT="*/*", **more)


@pytest.fixture
def visitor(db: None) -> Browser:
    return Browser()


@pytest.fixture
def browser_of(db: None) -> Callable[[User], Browser]:
    def make(user: User) -> Browser:
        browser = Browser()
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return browser

    return make


@pytest.fixture
def ann(db: None) -> User:
    return User.objects.create_user("ann", password=PASSWORD)


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", password=PASSWORD)


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_user("boss", password=PASSWORD, is_staff=True)


@pytest.fixture
def anns(ann: User, browser_of: Callable[[User], Browser]) -> Browser:
    return browser_of(ann)


@pytest.fixture
def bobs(bob: User, browser_of: Callable[[User], Browser]) -> Browser:
    return browser_of(bob)


@pytest.fixture
def general(db: None) -> Project:
    return Project.objects.get(pk=GENERAL)


@pytest.fixture
def task(ann: User) -> Task:
    return Task.create(by=ann, at=NOON, text="Mend the roof")


@pytest.fixture
def attic(ann: User) -> Project:
    """A private project of ann's."""
    return Project.create(name="Attic", by=ann, at=NOON)


def text_of(answer: HttpResponse) -> str:
    return answer.content.decode()
