"""`djirgo task`: what is asked of the server, what people and programs read, and what it ends with."""

import io
import json
from datetime import datetime
from typing import Any

import pytest

from tests.cli.conftest import Typed
from tests.client.stub import Asked, Cut, Reply, Stub, problem, task

PROJECTS = {"next": None, "previous": None, "results": [{"id": 1, "name": "General"}, {"id": 4, "name": "Wörter"}]}


def page(*tasks: dict[str, Any], more: str | None = None) -> Reply:
    return Reply(200, {"next": more, "previous": None, "results": list(tasks)})


def test_a_task_is_put_in(typed: Typed, stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    stub.will(Reply(201, task(task_status="New")))
    words = ["--label", "a", "--label", "b", "--priority", "high", "--blocked-by", "3", "4"]
    assert typed("task", "add", "Mend the roof", *words, "--due", "2026-03-05T12:00+03:00") == 0
    assert capsys.readouterr().out == "17  New  Task 17\n"
    sent = stub.asked[0]
    assert sent.headers["Authorization"] == "Bearer djirgo_secret"
    due = datetime.fromisoformat(sent.body.pop("due_at"))
    assert due == datetime.fromisoformat("2026-03-05T12:00+03:00")
    assert sent.body == {"text": "Mend the roof", "priority": "high", "labels": ["a", "b"], "blocked_by": [3, 4]}


def test_what_has_no_offset_is_meant_by_the_clock_here(typed: Typed, stub: Stub) -> None:
    stub.will(Reply(201, task()))
    typed("task", "add", "Mend the roof", "--due", "2026-03-05T12:00")
    sent = datetime.fromisoformat(stub.asked[0].body["due_at"])
    assert sent == datetime(2026, 3, 5, 12).astimezone()


def test_a_text_may_come_from_standard_input(typed: Typed, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Mend the roof\nall of it\n"))
    stub.will(Reply(201, task()))
    assert typed("task", "add", "-") == 0
    assert stub.asked[0].body == {"text": "Mend the roof\nall of it\n"}


def test_a_project_may_be_called_by_its_name(typed: Typed, stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    stub.will(Reply(200, PROJECTS), Reply(201, task()), Reply(201, task()), Reply(200, PROJECTS))
    assert typed("task", "add", "x", "--project", "wörter") == 0
    assert typed("task", "add", "x", "--project", "9") == 0
    assert [asked.body["project"] for asked in stub.asked if asked.method == "POST"] == [4, 9]
    assert typed("task", "add", "x", "--project", "none such") == 2
    assert "no project of the name 'none such'" in capsys.readouterr().err


def test_tasks_are_listed_for_people(typed: Typed, stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    stub.will(page(task(2, text="Заголовок\nтекст", due_at="2026-03-05T12:00:00Z"), task(1, text="漢字")))
    assert typed("task", "list") == 0
    heading, first, second = capsys.readouterr().out.splitlines()
    assert heading.split() == ["id", "status", "priority", "performer", "due", "labels", "title"]
    assert first.split()[:4] == ["2", "In_Progress", "normal", "reader"]
    assert first.rstrip().endswith("ocr     Заголовок")
    assert heading.index("title") == first.index("Заголовок") == second.index("漢字")


def test_tasks_are_listed_for_programs(typed: Typed, stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = [task(2, mood="good"), task(1)]
    stub.will(page(*tasks))
    assert typed("task", "list", "--json") == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == tasks


def test_a_list_is_narrowed_as_the_api_has_it(typed: Typed, stub: Stub) -> None:
    stub.will(page())
    typed(
        "task", "list", "--status", "New", "--owner", "me", "--performer", "none", "--project", "4", "--label", "a b",
        "--priority", "urgent", "--no-ready", "--search", "roof", "--order=-due_at", "--limit", "10",
        "--due-before", "2026-03-05T12:00Z",
    )  # fmt: skip
    asked = stub.asked[0].query
    assert datetime.fromisoformat(asked.pop("due_before")) == datetime.fromisoformat("2026-03-05T12:00Z")
    assert asked == {
        "task_status": "New", "owner": "me", "performer": "none", "project": "4", "label": "a b", "priority": "urgent",
        "ready": "false", "search": "roof", "ordering": "-due_at", "page_size": "11",
    }  # fmt: skip


def test_a_list_says_that_there_is_more(typed: Typed, stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    def pages(asked: Asked) -> Reply:
        return page(task(3)) if "cursor" in asked.query else page(task(1), task(2), more="/api/tasks/?cursor=x")

    stub.otherwise = pages
    typed("task", "list", "--limit", "2", "--json")
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 2
    assert "more than these 2" in said.err
    typed("task", "list", "--all", "--json")
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 3
    assert said.err == ""


def test_a_task_is_shown_with_all_that_is_known(typed: Typed, stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    happened = {
        "id": "x", "type": "task.started", "subject": "tasks/17", "time": "2026-03-02T09:30:00Z", "sequence": 3,
        "data": {"actor": "ann"},
    }  # fmt: skip
    stub.will(Reply(200, task(blocked_by=[3, 4])), Reply(200, {"next": None, "previous": None, "results": [happened]}))
    assert typed("task", "show", "17", "--history") == 0
    said = capsys.readouterr().out
    assert "blocked by    3, 4\n" in said
    assert "Task 17\nand more about it\n" in said
    assert said.splitlines()[-1].split()[-2:] == ["task.started", "ann"]


def test_a_task_is_claimed(typed: Typed, stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    stub.will(Reply(200, task()), Reply(200, task(5)), Reply(204))
    assert typed("task", "claim", "--label", "ocr", "--label", "de", "--lease-seconds", "60", "--wait") == 0
    assert "lease         lease-of-17\n" in capsys.readouterr().out
    assert typed("task", "claim", "5", "--json") == 0
    assert json.loads(capsys.readouterr().out)["lease"]["token"] == "lease-of-5"
    assert typed("task", "claim") == 1
    assert capsys.readouterr().err == "djirgo: There is nothing to claim.\n"
    assert [(asked.path, asked.body) for asked in stub.asked] == [
        ("/api/tasks/claim/", {"labels": ["ocr", "de"], "lease_seconds": 60, "wait_seconds": 20}),
        ("/api/tasks/5/claim/", {}),
        ("/api/tasks/claim/", {}),
    ]


def test_a_lease_is_renewed(typed: Typed, stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    stub.will(Reply(200, task(lease={"expires_at": "2026-03-02T09:40:00Z"})))
    assert typed("task", "renew", "17", "--lease", "secret") == 0
    assert stub.asked[0].body == {"lease": "secret"}
    assert capsys.readouterr().out.startswith("17  leased until 2026-03-0")


@pytest.mark.parametrize(
    ("words", "body"),
    [
        ("start 17", {}),
        ("pause 17 --lease x", {"lease": "x"}),
        ("resume 17", {}),
        ("release 17", {}),
        ("complete 17 --lease x", {"lease": "x"}),
        ("fail 17 --reason torn --no-retry", {"reason": "torn", "retry": False}),
        ("cancel 17", {}),
        ("reopen 17", {}),
        ("assign 17 --to bob", {"performer": "bob"}),
        ("assign 17 --to none", {"performer": None}),
    ],
)
def test_every_verb_is_a_command(words: str, body: dict[str, Any], typed: Typed, stub: Stub) -> None:
    stub.will(Reply(200, task()))
    assert typed("task", *words.split()) == 0
    verb = words.split()[0]
    assert [(asked.line, asked.body) for asked in stub.asked] == [(f"POST /api/tasks/17/{verb}/", body)]


def test_one_that_is_refused_keeps_no_other_from_its_turn(
    typed: Typed, stub: Stub, capsys: pytest.CaptureFixture[str]
) -> None:
    stub.will(Reply(200, task(1)), problem(404, "not_found", "Not found."), Reply(200, task(3)))
    assert typed("task", "complete", "1", "2", "3") == 1
    said = capsys.readouterr()
    assert [line.split()[0] for line in said.out.splitlines()] == ["1", "3"]
    assert said.err == "djirgo: 2: not_found: Not found.\n"


def test_a_token_that_is_no_good_is_said_once(typed: Typed, stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    stub.otherwise = lambda asked: problem(401, "not_authenticated", "This needs a token.")
    assert typed("task", "complete", "1", "2", "3") == 1
    assert len(stub.asked) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("djirgo: not_authenticated: This needs a token. Set DJIRGO_TOKEN")


# --- What it ends with ------------------------------------------------------------------------------------------------


def test_a_refusal_ends_with_1_and_one_line(typed: Typed, stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    stub.will(problem(403, "not_allowed", "You may not\n\x1b[2Jcancel this task."))
    assert typed("task", "show", "17") == 1
    assert capsys.readouterr().err == "djirgo: not_allowed: You may not  [2Jcancel this task.\n"


@pytest.mark.parametrize(
    "words",
    ["task", "task list --limit 0", "task show x", "task show -5", "task show 99999999999999999999", "task add",
     "task add x --priority most", "task add x --due soon", "task add x --due 9999-12-31T23:00-09:00", "task fly 17"],
)  # fmt: skip
def test_what_is_typed_wrong_ends_with_2_and_asks_nobody(words: str, typed: Typed, stub: Stub) -> None:
    assert typed(*words.split()) == 2
    assert stub.asked == []


@pytest.mark.parametrize("url", ["here", "ftp://here"])
def test_an_address_that_is_none_ends_with_2(
    url: str, typed: Typed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DJIRGO_URL", url)
    assert typed("task", "list") == 2
    assert "no address of a server" in capsys.readouterr().err


@pytest.mark.parametrize("step", [Cut(), problem(503, "database_unavailable"), Reply(200, b"<html>")], ids=str)
def test_a_server_that_does_not_answer_ends_with_3(
    step: Cut | Reply, typed: Typed, stub: Stub, capsys: pytest.CaptureFixture[str]
) -> None:
    stub.will(step)
    assert typed("task", "list") == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"djirgo: {stub.url} ")
    assert line.endswith("DJIRGO_URL says where the server is.")


# --- What a terminal is spared ----------------------------------------------------------------------------------------

HOSTILE = "\x1b]52;c;ZXZpbA==\x07\x1b[2J\r\x9b31m\u202eevil\u2028\x00[bold]x[/bold] :warning:"


def test_a_hostile_text_moves_nothing_on_the_terminal(
    typed: Typed, stub: Stub, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = task(text=HOSTILE + "\n" + HOSTILE, labels=[HOSTILE], performer=HOSTILE, failure_reason=HOSTILE)
    stub.otherwise = lambda asked: Reply(200, hostile)
    stub.will(page(hostile))
    for command in ("list", "show 17", "start 17", "show 17 --json", "claim"):
        assert typed("task", *command.split()) == 0
        said = capsys.readouterr().out
        assert all(letter.isprintable() or letter == "\n" for letter in said), command
        assert "[bold]x[/bold] :warning:" in said


def test_json_says_what_the_server_said_all_the_same(
    typed: Typed, stub: Stub, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = task(text=HOSTILE + "Заголовок 🦊")
    stub.will(Reply(200, shown))
    typed("task", "show", "17", "--json")
    said = capsys.readouterr().out
    assert json.loads(said) == shown
    assert "Заголовок 🦊" in said
