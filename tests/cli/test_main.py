"""The `djirgo` command itself: what asks a server needs nothing of one, and everything is found under `help`."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from djirgo.cli.remote import COMMANDS
from tests.client.stub import Reply, Stub, task

DJIRGO = Path(sys.executable).with_name("djirgo")


def run(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DJIRGO, *words],
        env=environment,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def tasks(stub: Stub, *texts: str) -> None:
    shown = [task(number, text=text) for number, text in enumerate(texts, 1)]
    stub.otherwise = lambda asked: Reply(200, {"next": None, "previous": None, "results": shown})


def test_asking_a_server_makes_no_data_folder_and_needs_no_settings(stub: Stub, tmp_path: Path) -> None:
    tasks(stub, "Mend the roof")
    done = run(
        "task", "list", cwd=tmp_path, DJIRGO_URL=stub.url, DATABASE_URL="nonsense", DJIRGO_DATA_DIR="/dev/null/x"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Mend the roof" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_asking_a_server_does_not_load_django(stub: Stub) -> None:
    code = (
        "import sys; from djirgo.cli.main import main; sys.argv = ['djirgo', 'project', '--help']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "assert 'djirgo.client.djirgo' in sys.modules\n"
        "loaded = {name.split('.')[0] for name in sys.modules}\n"
        "print(loaded & {'django', 'rest_framework', 'rich', 'pika'}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "set()\n"


@pytest.mark.once
@pytest.mark.parametrize("words", [["help"], ["--help"], []], ids=str)
def test_help_names_these_commands_too(words: list[str], tmp_path: Path) -> None:
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 0
    listed = {line.split()[0] for line in done.stdout.splitlines() if line.startswith("    ")}
    assert {*COMMANDS, "serve", "doctor"} <= listed


@pytest.mark.parametrize("command", COMMANDS)
def test_help_tells_more_about_each_of_them(command: str, tmp_path: Path) -> None:
    done = run("help", command, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: djirgo {command}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.once
@pytest.mark.parametrize("how", ["--json", ""])
def test_a_reader_that_has_gone_is_no_mistake(how: str, stub: Stub, tmp_path: Path) -> None:
    tasks(stub, *["Mend the roof" * 20] * 2000)
    piped = f"'{DJIRGO}' task list {how} --all | head -n 1 | wc -l"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", piped],
        env={"PATH": os.environ["PATH"], "DJIRGO_URL": stub.url},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "1", "")


def on_a_terminal(columns: int, *words: str, **environment: str) -> str:
    """What somebody sees who types this on a terminal of that width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        [DJIRGO, *words],
        env={"TERM": "xterm-256color", "LANG": "C.UTF-8"} | environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    try:
        while chunk := os.read(ours, 4096):
            seen += chunk
    except OSError:
        pass  # what a terminal says when nobody is on the other side any more
    os.close(ours)
    assert process.wait(30) == 0
    return seen.decode()


def test_a_table_fits_the_terminal(stub: Stub) -> None:
    tasks(stub, "漢" * 200, "Mend the roof " * 20)
    seen = on_a_terminal(72, "task", "list", DJIRGO_URL=stub.url, NO_COLOR="1")
    assert "\x1b[3" not in seen  # none of the colours
    heading, wide, long = re.sub(r"\x1b\[[\d;]*m", "", seen).splitlines()
    assert heading.split() == ["id", "status", "priority", "performer", "title"]
    assert wide.split()[:4] == ["1", "In_Progress", "normal", "reader"]
    assert long.rstrip().endswith("…")
    assert len(heading) <= 72
    assert len(long) <= 72
    assert len(wide) + wide.count("漢") <= 72


def test_colours_are_for_terminals_that_want_them(stub: Stub, tmp_path: Path) -> None:
    tasks(stub, "Mend the roof")
    assert "\x1b[36m" in on_a_terminal(100, "task", "list", DJIRGO_URL=stub.url)
    assert "\x1b" not in run("task", "list", cwd=tmp_path, DJIRGO_URL=stub.url).stdout


@pytest.mark.once
def test_a_long_import_shows_how_far_it_is(stub: Stub, tmp_path: Path) -> None:
    stub.otherwise = lambda asked: Reply(201, task())
    file = tmp_path / "tasks.csv"
    file.write_text("text\n" + "Mend the roof\n" * 60)
    seen = on_a_terminal(80, "task", "import", str(file), DJIRGO_URL=stub.url)
    assert "Putting tasks in" in seen
    assert "60 of 60 tasks are in." in seen
    file.write_text("text\n" + "Mend the roof\n" * 3)
    assert "Putting tasks in" not in on_a_terminal(80, "task", "import", str(file), DJIRGO_URL=stub.url)
