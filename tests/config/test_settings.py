"""Each setting is listed, has the default that the list says, and is named when it is wrong."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from djirgo.config import env

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / ".env.example"
DJIRGO = Path(sys.executable).with_name("djirgo")
pytestmark = pytest.mark.once
LISTED = dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE))


def check(cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """What `djirgo check` says in an environment of its own."""
    return subprocess.run(
        [str(DJIRGO), "check"],
        env={"PATH": os.environ["PATH"], "DJIRGO_DATA_DIR": str(cwd / "data")} | settings,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def setting(cwd: Path, name: str, **settings: str) -> str:
    """A setting as Django sees it, in an environment of its own."""
    code = f"from django.conf import settings; print(repr(settings.{name}))"
    own = {"DJIRGO_DATA_DIR": str(cwd / "data"), "DJANGO_SETTINGS_MODULE": "djirgo.config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=own | settings, cwd=cwd, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_every_setting_is_listed_and_nothing_else_is() -> None:
    assert sorted(LISTED) == sorted(set(env.KNOWN))


def test_every_setting_that_is_listed_has_words_above_it() -> None:
    lines = EXAMPLE.read_text().splitlines()
    bare = [
        line
        for before, line in zip(["", *lines], lines, strict=False)
        if re.match(r"[A-Z_]+=", line) and not before.startswith("# ") and not re.match(r"[A-Z_]+=", before)
    ]
    assert bare == []


def everything(cwd: Path, **given: str) -> str:
    code = (
        "from django.conf import settings; import djirgo.config.settings as s;"
        "print({n: getattr(s, n) for n in dir(s) if n.isupper() and n != 'SECRET_KEY'})"
    )
    own = {"DJIRGO_DATA_DIR": "./data", "DJANGO_SETTINGS_MODULE": "djirgo.config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=own | given, cwd=cwd, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_defaults_are_those_that_are_listed(tmp_path: Path) -> None:
    assert everything(tmp_path, **LISTED) == everything(tmp_path)


def test_an_empty_setting_is_one_that_was_not_set(tmp_path: Path) -> None:
    assert everything(tmp_path, **dict.fromkeys(LISTED, " ")) == everything(tmp_path)


WRONG = {
    "DJIRGO_DATA_DIR": "/dev/null/data",
    "DJIRGO_SECRET_KEY": "short",
    "DJIRGO_DEBUG": "maybe",
    "PORT": "70000",
    "DJIRGO_WEB_PROCESSES": "0",
    "DJIRGO_WEB_THREADS": "many",
    "DJIRGO_LIVE_STREAMS": "16",
    "DJIRGO_WEB_WAITING": "-1",
    "DJIRGO_RATE_LIMIT": "-1",
    "DJIRGO_RATE_LIMIT_SECONDS": "0",
    "DJIRGO_MAX_BODY_BYTES": "-1",
    "DJIRGO_TRUSTED_ORIGINS": "tasks.example.org",
    "DJIRGO_BEHIND_PROXY": "nginx",
    "DATABASE_URL": "mysql://user:hunter2@host/name",
    "DJIRGO_DATABASE_CONNECTIONS": "1",
    "DJIRGO_PREPARED_STATEMENTS": "perhaps",
    "RABBITMQ_URL": "http://user:hunter2@host",
    "DJIRGO_REGISTRATION": "perhaps",
    "DJIRGO_ACCESS_TOKEN_MINUTES": "0",
    "DJIRGO_REFRESH_TOKEN_DAYS": "1e3",
    "DJIRGO_LOGIN_TRIES": "0",
    "DJIRGO_LOGIN_LOCK_SECONDS": "a day",
    "DJIRGO_EMAIL_URL": "smtp://:hunter2@",
    "DJIRGO_MAX_ATTEMPTS": "0",
    "DJIRGO_KEEP_EVENTS_DAYS": "-1",
    "DJIRGO_KEEP_RECEIPTS_DAYS": "40000",
    "DJIRGO_KEEP_IDEMPOTENCY_KEYS_HOURS": "0",
    "DJIRGO_KEEP_INTAKE_DAYS": "0",
    "DJIRGO_KEEP_DEAD_TOKENS_DAYS": "x",
    "DJIRGO_KEEP_FINISHED_TASKS_DAYS": "1.5",
    "DJIRGO_KEEP_MESSAGES_DAYS": "50",
    "DJIRGO_LOG_LEVEL": "loud",
    "DJIRGO_LOG_FORMAT": "xml",
    "DJIRGO_WORKER_PORT": "65536",
}
#: Any text is right.
FREE = {
    "DJIRGO_HOST",
    "DJIRGO_ALLOWED_HOSTS",
    "DJIRGO_METRICS_TOKEN",
    "DJIRGO_EVENT_SOURCE",
    "DJIRGO_FROM_EMAIL",
    "DJIRGO_STATIC_DIR",
}


def test_of_every_setting_a_wrong_value_is_tried() -> None:
    assert set(WRONG) | FREE == set(LISTED)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_stops_the_start_and_is_named_in_one_sentence(name: str, tmp_path: Path) -> None:
    refused = check(tmp_path, **{name: WRONG[name]})
    assert refused.returncode == 2
    assert re.fullmatch(rf"djirgo: {name} .+\.\n", refused.stderr), refused.stderr
    assert "hunter2" not in refused.stderr


@pytest.mark.parametrize(
    "address",
    [
        "postgres://host:port/name",
        "postgres://host",
        "sqlite://:memory:",
        "sqlite:///",
        "nonsense",
        "postgres://[::1/name",
    ],
)
def test_an_address_that_leads_to_no_database_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL must be an address like"):
        env.database("DATABASE_URL", Path("unused"))


def test_what_the_address_of_a_database_says_beside_is_kept(tmp_path: Path) -> None:
    database = setting(tmp_path, "DATABASES", DATABASE_URL="postgres://u:p%40@h/name?sslmode=require")
    assert "'sslmode': 'require'" in database
    assert "'PASSWORD': 'p@'" in database
    assert "idle_in_transaction_session_timeout" in database


def test_a_data_folder_is_made_where_it_is_asked_for(tmp_path: Path) -> None:
    assert check(tmp_path, DJIRGO_DATA_DIR="deep/with spaces, # and % and ünï").returncode == 0
    folder = tmp_path / "deep/with spaces, # and % and ünï"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "djirgo.sqlite3").stat().st_mode) == 0o600


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    refused = check(tmp_path)
    assert (refused.returncode, refused.stderr.startswith("djirgo: DJIRGO_DATA_DIR names ")) == (2, True)


def test_a_secret_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret.key").write_text("")
    refused = check(tmp_path)
    assert refused.returncode == 2
    assert "secret.key should hold the secret key but does not" in refused.stderr


def test_of_many_who_make_the_secret_all_have_the_same(tmp_path: Path) -> None:
    code = "from django.conf import settings; print(settings.SECRET_KEY)"
    own = {"DJIRGO_DATA_DIR": str(tmp_path / "data"), "DJANGO_SETTINGS_MODULE": "djirgo.config.settings"}
    started = [
        subprocess.Popen([sys.executable, "-c", code], env=own, cwd=tmp_path, stdout=subprocess.PIPE) for _ in range(6)
    ]
    assert len({process.communicate()[0] for process in started}) == 1
