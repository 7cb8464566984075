"""The doctor finds what is wrong, and says what to do."""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from djirgo.events.brokers.rabbitmq.topology import Topology
from djirgo.events.models import DeadLetter, Event
from djirgo.ops import start
from djirgo.ops.doctor import broker, database, examine, folder, web
from djirgo.ops.doctor.finding import Finding, Level
from tests.servers import free_port

pytestmark = pytest.mark.django_db


def finding(name: str) -> Finding:
    return dict(examine())[name]


@pytest.fixture
def home(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """A data folder as it should be."""
    (tmp_path / "secret.key").touch(0o600)
    tmp_path.chmod(0o700)
    settings.DATA_DIR = tmp_path
    return tmp_path


def test_a_good_set_up_has_nothing_to_mend(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("doctor", "--json")
    findings = json.loads(capsys.readouterr().out)
    assert {found["level"] for found in findings} == {"ok"}
    asked = {found["check"] for found in findings}
    assert asked >= {"data folder", "secret key", "disk space", "host names", "debugging", "database", "migrations"}
    assert asked >= {"relay", "dead letters"}
    own = {
        "sqlite": {"journal", "full text search"},
        "postgresql": {"clock", "connections", "vacuum", "long transactions"},
    }
    assert asked >= own[connection.vendor]


def test_a_broker_that_is_away_fails_and_the_command_says_so_by_its_status(
    home: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.RABBITMQ_URL = f"amqp://somebody:hunter2@127.0.0.1:{free_port()}/"
    with pytest.raises(SystemExit) as ended:
        call_command("doctor")
    assert ended.value.code == 1
    out = capsys.readouterr().out
    assert "FAIL  rabbitmq" in out
    assert "RABBITMQ_URL" in out
    assert "hunter2" not in out
    assert "queues" not in out


def test_queues_that_are_missing_are_said_to_be_made_by_a_worker(settings: Settings, rabbitmq_url: str) -> None:
    settings.RABBITMQ_URL = rabbitmq_url
    with broker._connect() as connected:
        channel = connected.channel()
        channel.queue_delete(Topology().tasks)
        assert broker.rabbitmq().level is Level.OK
        assert broker.queues().level is Level.WARN
        Topology().declare(connected.channel())
        assert broker.queues().says == "0 messages in djirgo.tasks"


def test_a_key_that_others_can_read_is_found(home: Path) -> None:
    (home / "secret.key").chmod(0o644)
    assert finding("secret key").level is Level.FAIL
    assert finding("data folder").says == "open to others: secret.key"
    (home / "secret.key").chmod(0o600)
    assert finding("secret key").level is finding("data folder").level is Level.OK


def test_a_folder_that_is_not_there_is_found(home: Path, settings: Settings) -> None:
    settings.DATA_DIR = home / "gone"
    assert folder.data_folder().level is Level.FAIL


@pytest.mark.parametrize(("free", "level"), [(2**20, Level.FAIL), (2**28, Level.WARN), (2**32, Level.OK)])
def test_a_disk_that_fills_up_is_found(free: int, level: Level, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    assert folder.disk_space().level is level


@pytest.mark.parametrize(
    ("listens_on", "names", "level"),
    [
        ("127.0.0.1", [], Level.OK),
        ("0.0.0.0", [], Level.WARN),  # noqa: S104
        ("0.0.0.0", ["tasks.example.org"], Level.OK),  # noqa: S104
        ("127.0.0.1", ["*"], Level.WARN),
    ],
)
def test_names_that_nobody_can_use_or_everybody_can_are_found(
    listens_on: str, names: list[str], level: Level, settings: Settings
) -> None:
    settings.HOST, settings.ALLOWED_HOSTS = listens_on, [*names, "localhost"]
    assert web.host_names().level is level


def test_debugging_is_warned_of_and_fails_where_others_can_see_it(settings: Settings) -> None:
    settings.DEBUG, settings.HOST = True, "127.0.0.1"
    assert web.debugging().level is Level.WARN
    settings.HOST = "0.0.0.0"  # noqa: S104
    assert web.debugging().level is Level.FAIL


def test_a_database_that_is_away_fails_and_is_asked_nothing_more(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setattr(start, "trouble_with_database", lambda: "connection refused")
    found = dict(examine())
    assert found["database"] == Finding(Level.FAIL, "connection refused", "Start the server, or correct DATABASE_URL.")
    assert "migrations" not in found


def test_migrations_that_are_missing_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "missing_migrations", lambda: ["tasks.0099"])
    assert database.migrations().level is Level.FAIL


def test_a_transaction_that_was_forgotten_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite keeps no transaction that outlives its program, and the check is not made")
    monkeypatch.setattr(database, "LONGEST_TRANSACTION", timedelta(0))
    with start.apart() as other, other.cursor() as cursor:
        cursor.execute("BEGIN; SELECT 1")
        assert database.long_transactions().level is Level.WARN


def test_a_queue_that_is_vacuumed_too_seldom_is_found() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite takes what is deleted out of its indexes at once, and the check is not made")
    assert database.vacuum().says == "eager on the queue"
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tasks_label RESET (autovacuum_vacuum_scale_factor)")
    assert database.vacuum().level is Level.WARN
    assert "tasks_label" in database.vacuum().says


def test_events_that_nobody_hands_on_are_found() -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    Event.objects.all().record("task.created", subject="tasks/1", scope="projects/1", data={}, at=long_ago)
    assert finding("relay").level is Level.WARN
    assert "djirgo work" in finding("relay").advice


def test_dead_letters_are_found() -> None:
    DeadLetter.objects.create(consumer="x", event=uuid.uuid4(), envelope={}, reason="why", at=timezone.now())
    assert finding("dead letters").level is Level.WARN
