"""Djirgo is started, stopped, killed, and started on something that is in its way."""

import os
import re
import signal
import socket
import sqlite3
import stat
from contextlib import suppress

import httpx
import pytest

from tests.live import Installation, Process
from tests.servers import eventually

pytestmark = pytest.mark.timeout(180)

READY = "Djirgo is ready on"


def is_gone(pid: int) -> bool:
    """Ended, though perhaps nobody has asked yet how."""
    with suppress(OSError), open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] in "ZX"
    return True


def all_gone(pids: list[int]) -> bool:
    return all(is_gone(pid) for pid in pids)


def child(process: Process, command: str) -> int:
    """The id of the child that runs a command of ours."""
    for pid in process.descendants():
        with suppress(OSError), open(f"/proc/{pid}/cmdline") as file:
            if file.read().split("\0")[2:4] == ["djirgo.cli.main", command]:
                return pid
    return 0


def register(place: Installation, name: str) -> httpx.Response:
    return httpx.post(
        f"{place.url}/api/auth/users/", json={"username": name, "password": "a password for work"}, timeout=30
    )


def test_one_command_starts_everything_and_says_where(new_installation: Installation) -> None:
    up = new_installation.up()
    eventually(lambda: up.has_said(READY), "it says that it is ready")
    assert f"{READY} {new_installation.url} with its data in {new_installation.data}; Ctrl-C stops it." in up.output
    assert register(new_installation, "ann").status_code == 201
    assert child(up, "serve")
    assert child(up, "work")


@pytest.mark.once
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_stops_cleanly_with_all_its_processes(installation: Installation, how: signal.Signals) -> None:
    up = installation.up()
    family = up.descendants()
    assert up.end(how) == 0
    assert all_gone(family)
    assert "Traceback" not in up.output


def test_what_was_there_is_there_after_a_second_start(installation: Installation) -> None:
    first = installation.up()
    secret = (installation.data / "secret.key").read_text()
    assert register(installation, "ann").status_code == 201
    first.terminate()
    installation.up()
    assert register(installation, "ann").status_code == 400
    assert (installation.data / "secret.key").read_text() == secret


@pytest.mark.once
def test_a_second_copy_on_the_same_data_is_refused_with_a_sentence(installation: Installation) -> None:
    first = installation.up()
    second = installation.run("up", PORT="1")
    assert second.returncode == 2
    assert second.stderr == f"djirgo: Another Djirgo, process {first.pid}, is running on {installation.data}.\n"
    assert installation.answers()


@pytest.mark.once
@pytest.mark.parametrize("command", ["up", "serve"])
def test_a_port_that_is_taken_is_said_in_a_sentence(installation: Installation, command: str) -> None:
    with socket.create_server(("127.0.0.1", installation.port)):
        refused = installation.run(command)
    assert refused.returncode == 2
    assert refused.stderr == (
        f"djirgo: Cannot listen on 127.0.0.1:{installation.port}: address already in use."
        " Set PORT or DJIRGO_HOST to another.\n"
    )


@pytest.mark.once
def test_the_web_server_of_another_installation_is_not_shared_a_port_with(
    installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> None:
    installation.up()
    other = Installation(tmp_path_factory.mktemp("other"), port=installation.port)
    assert "address already in use" in other.run("up").stderr


@pytest.mark.once
@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_child_that_dies_is_started_again(installation: Installation, command: str) -> None:
    up = installation.up()
    victim = child(up, command)
    os.kill(victim, signal.SIGKILL)
    eventually(lambda: child(up, command) not in (0, victim), f"another {command} runs")
    eventually(installation.answers, "the web answers")
    assert register(installation, "ann").status_code == 201


@pytest.mark.once
def test_a_web_process_that_dies_is_replaced(installation: Installation) -> None:
    serving = installation.up()
    web = child(serving, "serve")
    worker = next(pid for pid in serving.descendants() if parent_of(pid) == web)
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: is_gone(worker) and installation.answers(), "another process answers")
    assert register(installation, "ann").status_code == 201


def parent_of(pid: int) -> int:
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


@pytest.mark.once
def test_when_the_parent_is_killed_its_children_end_and_it_can_start_again(installation: Installation) -> None:
    first = installation.up()
    family = first.descendants()
    first.kill()
    eventually(lambda: all_gone(family), "no child is left")
    installation.up()
    assert register(installation, "ann").status_code == 201


@pytest.mark.once
def test_a_web_process_that_hears_nothing_ends_with_its_parent(installation: Installation) -> None:
    serving = installation.serve()
    worker = next(pid for pid in serving.descendants() if parent_of(pid) == serving.pid)
    os.kill(worker, signal.SIGSTOP)
    serving.kill()
    eventually(lambda: is_gone(worker), "the process that answered is gone")


@pytest.mark.once
def test_it_can_start_again_at_once_after_being_killed(installation: Installation) -> None:
    installation.up().kill()
    again = installation.up()
    eventually(lambda: again.has_said(READY), "it is ready")


@pytest.mark.once
def test_a_request_that_was_begun_is_finished_after_the_stop(installation: Installation) -> None:
    serve = installation.serve()
    body = b'{"username": "ann", "password": "a password for work"}'
    head = (
        "POST /api/auth/users/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", installation.port), timeout=60) as connection:
        connection.sendall(head.encode())
        # Said as soon as somebody begins to read the body.
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body[:10])
        serve.popen.terminate()
        eventually(lambda: not installation.answers(), "nobody else is let in")
        connection.sendall(body[10:])
        assert connection.recv(65536).startswith(b"HTTP/1.1 201 ")
    assert serve.wait() == 0


def test_the_web_waits_for_nothing_but_its_tables(new_installation: Installation) -> None:
    refused = new_installation.run("serve")
    assert refused.returncode == 2
    assert re.fullmatch(r"djirgo: The database lacks \d+ migrations: run `djirgo migrate` first.\n", refused.stderr)


@pytest.mark.once
def test_what_it_keeps_is_closed_to_others(new_installation: Installation) -> None:
    new_installation.up()
    assert stat.S_IMODE(new_installation.data.stat().st_mode) == 0o700
    for path in new_installation.data.rglob("*"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


@pytest.mark.once
@pytest.mark.parametrize("command", ["up", "serve"])
def test_the_counters_of_all_processes_are_added_up(installation: Installation, command: str) -> None:
    getattr(installation, command)(DJIRGO_WEB_PROCESSES="2")
    for number in range(20):
        assert httpx.get(f"{installation.url}/api/tasks/?page_size={number}", timeout=30).status_code == 401
    counted = httpx.get(f"{installation.url}/metrics", timeout=30).text
    assert 'djirgo_requests_total{method="GET",route="api/tasks/$",status="401"} 20.0' in counted


def test_a_file_that_is_no_database_is_said_in_a_sentence(installation: Installation) -> None:
    installation.database_url = f"sqlite:///{installation.data.parent / 'letter.txt'}"
    (installation.data.parent / "letter.txt").write_text("Dear database, " * 100)
    refused = installation.run("up")
    assert refused.returncode == 2
    assert "file is not a database" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_it_starts_beside_somebody_who_reads_the_database(installation: Installation) -> None:
    if installation.database_url:
        pytest.skip("only SQLite's file can be opened by anybody")
    with sqlite3.connect(installation.data / "djirgo.sqlite3") as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM django_migrations").fetchone()
        installation.up()
