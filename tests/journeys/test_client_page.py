"""What docs/client.md shows is typed and run as it is written, against a real server."""

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from djirgo.client import Djirgo
from tests.live import DJIRGO, Installation
from tests.servers import eventually

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "client.md").read_text()
PERSON = {"username": "test_user", "password": "test_pass"}

pytestmark = [pytest.mark.timeout(300), pytest.mark.once]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.+?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def running(installation: Installation) -> Installation:
    """A server, and the token of a person who may do everything that people do."""
    installation.up()
    httpx.post(f"{installation.url}/api/auth/users/", json=PERSON).raise_for_status()
    with Djirgo.log_in(installation.url, **PERSON) as person:
        token = person.create_token("everything", ["read", "write", "work"]).token
    assert token
    installation.settings |= {"DJIRGO_URL": installation.url, "DJIRGO_TOKEN": token, "PASSWORD": PERSON["password"]}
    return installation


def run(command: list[str], place: Installation, cwd: Path) -> str:
    done = subprocess.run(
        command, env=place.environment, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_client_does_as_written(running: Installation, tmp_path: Path) -> None:
    _, code = blocks("python")
    listed, became_ready, gone = run([sys.executable, "-c", code], running, tmp_path).splitlines()
    assert listed == "1 Mend the roof high"
    assert became_ready.startswith("True ")
    assert re.findall(r"task\.\w+", became_ready) == ["task.created", "task.updated", "task.started", "task.completed"]
    assert gone == "not_found"


def test_the_bot_does_as_written(running: Installation, tmp_path: Path) -> None:
    bot, _ = blocks("python")
    with Djirgo(running.url, running.settings["DJIRGO_TOKEN"]) as client, open(tmp_path / "log", "wb") as log:
        task = client.create("Read this", labels=["ocr"])
        process = subprocess.Popen([sys.executable, "-u", "-c", bot], env=running.environment, stdout=log, stderr=log)
        eventually(lambda: client.task(task).task_status == "Completed", "the task is done")
        process.terminate()
        assert process.wait(30) == 0
    assert (tmp_path / "log").read_text() == "Read this\n"


def test_the_command_line_does_as_written(running: Installation, tmp_path: Path) -> None:
    session, tokens, imports = blocks("bash")
    commands = "\n".join([session, "echo '== '", tokens, 'echo "== $TOKEN"', imports]).replace(
        ".venv/bin/djirgo", str(DJIRGO)
    )
    said = run(["bash", "-eu", "-o", "pipefail", "-c", commands], running, tmp_path)
    tasks, listed, token = re.split(r"^== ", said, flags=re.MULTILINE)
    assert "high" in tasks.splitlines()[2]
    assert re.search(r"task\.started +test_user", tasks)
    assert "1  Completed  Mend the roof" in tasks
    assert "General" in tasks
    assert "night shift" in listed
    assert re.fullmatch(r"djirgo_\w{40}\n", token)
    with Djirgo(running.url, running.settings["DJIRGO_TOKEN"]) as client:
        titles = [(task.title, task.priority, task.labels) for task in client.tasks(ordering="id")]
    assert titles[1:] == [
        ("Mend the roof", "high", ("house", "roof")),
        ("Paint it", "normal", ("house",)),
        ("Sweep up", "normal", ("house",)),
    ]
