"""The session and the bot of the README are typed as they are written, against a server that was just started."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.live import Installation
from tests.servers import eventually

ROOT = Path(__file__).parent.parent.parent
PAGES = ["README.md", pytest.param("README.ru.md", marks=pytest.mark.once)]

pytestmark = pytest.mark.timeout(300)


def blocks(page: str) -> list[str]:
    """What the page gives to be typed into bash: first the session, then the command that watches."""
    return re.findall(r"^```bash\n(.+?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def running(installation: Installation) -> Installation:
    installation.up()
    return installation


def type_in(commands: str, place: Installation) -> str:
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", commands],
        env=place.environment,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_the_session_works_as_written(page: str, running: Installation) -> None:
    said = type_in(blocks(page)[0], running).splitlines()

    assert '"username":"test_user"' in said[0]
    assert '"task_status":"In_Progress"' in said[1]
    assert '"performer":"test_user"' in said[1]
    assert '"task_status":"Completed"' in said[2]
    *_, hours, minutes, seconds = re.split(r"[ :]", said[3])
    assert int(hours) * 3600 + int(minutes) * 60 + int(seconds) >= 3
    assert [line.split()[1:] for line in said[4:]] == [
        ["task.created", "test_user"],
        ["task.started", "test_user"],
        ["task.completed", "test_user"],
    ]


def test_what_happened_is_watched_as_written(running: Installation) -> None:
    session, watch = blocks("README.md")
    type_in(session, running)
    assert watch.split() == [".venv/bin/djirgo", "consume"]

    consumer = running.start(*watch.split()[1:])
    eventually(lambda: consumer.has_said("task.completed"), "the last event is shown")

    shown = [line.split()[2] for line in consumer.output.splitlines() if "tasks/" in line]
    assert shown == ["task.created", "task.started", "task.completed"]
    assert consumer.terminate() == 0


def the_bot_of(page: str) -> tuple[str, str, str]:
    """How it gets its token, its program, and what gives it something to do."""
    words = (ROOT / page).read_text()
    token = re.search(r"^export DJIRGO_TOKEN=.+$", words, re.MULTILINE)
    program = re.search(r"^```python\n(.+?)^```", words, re.MULTILINE | re.DOTALL)
    give = re.search(r"`(DJIRGO_TOKEN=[^`]+)`", words)
    assert token
    assert program
    assert give
    return token[0], program[1], give[1]


@pytest.mark.once
def test_the_bot_works_as_written(running: Installation, tmp_path: Path) -> None:
    get_token, program, give = the_bot_of("README.md")
    person = {"username": "test_user", "password": "test_pass"}
    httpx.post(f"{running.url}/api/auth/users/", json=person).raise_for_status()
    session = httpx.post(f"{running.url}/api/auth/jwt/create/", json=person).json()["access"]
    running.settings |= {"DJIRGO_URL": running.url, "TOKEN": session}

    typed = f'exec <<< test_pass 2> /dev/null; {get_token}; echo "$DJIRGO_TOKEN"'
    running.settings["DJIRGO_TOKEN"] = type_in(typed, running).strip()
    # Whoever is started in the background of a shell is deaf to SIGINT, and so is all that they start.
    hearing = ["env", "--default-signal=INT", sys.executable]
    with open(tmp_path / "log", "wb") as log:
        bot = subprocess.Popen([*hearing, "-c", program], env=running.environment, stdout=log, stderr=log)
    type_in(give, running)
    eventually(lambda: (tmp_path / "log").read_text() == "Done: Paint the door\n", "the bot does its task")
    bot.send_signal(signal.SIGINT)
    assert bot.wait(30) == 0

    tasks = httpx.get(f"{running.url}/api/tasks/", headers={"Authorization": f"Bearer {session}"}).json()["results"]
    assert [(task["task_status"], task["performer"]) for task in tasks] == [("Completed", "helper")]


@pytest.mark.once
def test_both_pages_show_the_same_bot() -> None:
    assert the_bot_of("README.md") == the_bot_of("README.ru.md")


@pytest.mark.once
def test_both_pages_give_the_same_to_be_typed() -> None:
    def commands(page: str) -> list[str]:
        lines = "".join(blocks(page)).splitlines()
        return [line for line in lines if line and not line.startswith("#")]

    assert commands("README.md") == commands("README.ru.md")
