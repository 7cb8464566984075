"""A small team, and the clients that they use."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.tasks.models import Task

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def ann(db: None) -> User:
    return User.objects.create_user("ann", password="an apple a day")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", password="a boat on a bay")


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_user("boss", password="a bell at the door", is_staff=True)


@pytest.fixture
def client_of() -> Callable[[User], APIClient]:
    def make(user: User) -> APIClient:
        client = APIClient(SERVER_NAME="localhost")
        client.force_authenticate(user)
        return client

    return make


@pytest.fixture
def anns(ann: User, client_of: Callable[[User], APIClient]) -> APIClient:
    return client_of(ann)


@pytest.fixture
def bobs(bob: User, client_of: Callable[[User], APIClient]) -> APIClient:
    return client_of(bob)


@pytest.fixture
def task(ann: User) -> Task:
    return Task.create(by=ann, at=NOON, text="Mend the roof")


@pytest.fixture
def after() -> Callable[..., datetime]:
    """The instant so much after noon."""

    def moment(**span: float) -> datetime:
        return NOON + timedelta(**span)

    return moment
