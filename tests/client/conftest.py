"""A server to be told what to answer, a client of it, and pauses that no test has to wait for."""

from collections.abc import Iterator

import pytest

from djirgo.client import Djirgo, work
from djirgo.client.retrying import Patience
from tests.client.stub import Stub

#: Of a client that asks again as often as it would, only faster.
QUICK = Patience(seconds=20.0, first_pause=0.001, longest_pause=0.01)


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub()
    yield stub
    stub.close()


@pytest.fixture
def client(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Djirgo]:
    monkeypatch.setattr(work, "TROUBLE", Patience(first_pause=0.001, longest_pause=0.01))
    monkeypatch.setattr(work, "SHORTEST_ROUND_SECONDS", 0.01)
    with Djirgo(stub.url, token="djirgo_secret", timeout_seconds=5.0) as client:
        client._api.patience = QUICK
        yield client


@pytest.fixture
def hasty(client: Djirgo) -> Djirgo:
    """One that gives up at once."""
    client._api.patience = Patience(seconds=0.0)
    return client
