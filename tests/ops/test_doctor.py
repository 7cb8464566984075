"""The doctor finds what is wrong, and says what to do."""

import json
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.utils import timezone

from djirgo.events.models import DeadLetter, Event
from djirgo.ops import doctor, health
from djirgo.ops.doctor import Level

pytestmark = pytest.mark.django_db


def finding(name: str) -> doctor.Finding:
    return next(found for found in doctor.examine() if found.check == name)


@pytest.fixture
def no_broker(settings: object) -> Iterator[None]:
    settings.RABBITMQ_URL = "amqp://guest:guest@127.0.0.1:1/"  # type: ignore[attr-defined]
    health.broker._answer = None
    yield
    health.broker._answer = None


def test_a_good_set_up_has_nothing_to_mend(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("doctor", "--json")
    findings = json.loads(capsys.readouterr().out)
    assert {found["level"] for found in findings} == {"ok"}
    assert [found["check"] for found in findings] == [
        "data folder", "debug", "hosts", "broker", "database", "migrations", "clock", "transactions", "relay",
        "dead letters",
    ]  # fmt: skip


def test_a_broker_that_is_away_fails_and_the_command_says_so_by_its_status(
    no_broker: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("doctor")
    assert ended.value.code == 1
    out = capsys.readouterr().out
    assert "RABBITMQ_URL" in out
    assert "guest" not in out


def test_a_key_that_others_can_read_is_found(settings: object, tmp_path: object) -> None:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]
    key = tmp_path / "secret.key"  # type: ignore[operator]
    key.write_text("secret")
    key.chmod(0o644)
    assert finding("data folder").level == Level.FAIL
    key.chmod(0o600)
    assert finding("data folder").level == Level.OK


def test_debug_and_any_host_are_warned_of(settings: object) -> None:
    settings.DEBUG = True  # type: ignore[attr-defined]
    settings.ALLOWED_HOSTS = ["*"]  # type: ignore[attr-defined]
    assert finding("debug").level == finding("hosts").level == Level.WARN


def test_events_that_nobody_hands_on_are_found() -> None:
    long_ago = timezone.now() - 10 * doctor.LONGEST_TRANSACTION
    Event.objects.all().record("task.created", subject="tasks/1", data={}, at=long_ago)
    assert "djirgo work" in finding("relay").says


def test_dead_letters_are_found() -> None:
    DeadLetter.objects.create(
        consumer="x", event="00000000-0000-4000-8000-000000000000", envelope={}, reason="why", at=timezone.now()
    )
    assert finding("dead letters").level == Level.WARN
