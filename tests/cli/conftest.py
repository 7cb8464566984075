"""The commands that ask a server, typed against one that answers as it is told."""

from collections.abc import Callable, Iterator

import pytest

from djirgo.cli.remote import run
from tests.client.stub import Stub

Typed = Callable[..., int]


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub()
    yield stub
    stub.close()


@pytest.fixture
def typed(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Types a command, and says what it ended with."""
    monkeypatch.setenv("DJIRGO_URL", stub.url)
    monkeypatch.setenv("DJIRGO_TOKEN", "djirgo_secret")
    monkeypatch.setattr(run, "RETRY_SECONDS", 0.0)

    def type_in(*words: str) -> int:
        try:
            return run.run(words)
        except SystemExit as ended:
            return int(ended.code or 0)

    return type_in
