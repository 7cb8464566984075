"""`djirgo task import`: nothing of a file that cannot be read is sent, and each row of one that can is sent once."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Typed
from tests.client.stub import Asked, Cut, Reply, Step, Stub, task


class Server:
    """Takes tasks, and knows the keys that it has answered."""

    def __init__(self) -> None:
        self.answered: dict[str, int] = {}
        self.said: list[dict[str, Any]] = []

    def __call__(self, asked: Asked) -> Step:
        if asked.path == "/api/projects/":
            return Reply(200, {"next": None, "previous": None, "results": [{"id": 4, "name": "Archive"}]})
        if asked.body.get("priority") == "wrong":
            return Reply(400, {"code": "invalid", "detail": "priority: No.", "errors": []})
        key = asked.key or ""
        if key not in self.answered:
            self.said.append(asked.body)
        return Reply(201, task(self.answered.setdefault(key, len(self.answered) + 1)))


@pytest.fixture
def server(stub: Stub) -> Server:
    server = stub.otherwise = Server()
    return server


CSV = "text,labels,priority,due_at,blocked_by,project\n"


def test_csv_and_json_lines_say_the_same(typed: Typed, server: Server, tmp_path: Path) -> None:
    as_csv, as_json = tmp_path / "tasks.csv", tmp_path / "tasks.JSONL"
    as_csv.write_text(CSV + '"Mend, and\npaint","a, b c",high,2026-03-05T12:00Z,"3,4",Archive\nTwo,,,,,\n')
    rows = [
        {"text": "Mend, and\npaint", "labels": ["a", "b c"], "priority": "high", "due_at": "2026-03-05T12:00Z",
         "blocked_by": [3, 4], "project": "Archive"},
        {"text": "Two"},
    ]  # fmt: skip
    as_json.write_text("\n\n".join(map(json.dumps, rows)))
    assert typed("task", "import", str(as_csv)) == 0
    from_csv, server.said, server.answered = server.said, [], {}
    assert typed("task", "import", str(as_json)) == 0
    assert from_csv == server.said
    assert from_csv[0]["project"] == 4
    assert from_csv[0]["blocked_by"] == [3, 4]
    assert from_csv[1] == {"text": "Two"}


def test_an_import_that_is_run_again_puts_in_what_is_missing(
    typed: Typed, server: Server, stub: Stub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "tasks.csv"
    file.write_text("text,priority\nOne,\nTwo,wrong\nThree,\nThree,\n")
    assert typed("task", "import", str(file)) == 1
    said = capsys.readouterr().err.splitlines()
    assert said == ["djirgo: row 3: invalid: priority: No.", "3 of 4 tasks are in."]
    stub.will(Reply(201, task(1)), Cut())
    assert typed("task", "import", str(file)) == 3
    file.write_text("text,priority\nOne,\nTwo,high\nThree,\nThree,\n")
    assert typed("task", "import", str(file)) == 0
    assert [row["text"] for row in server.said] == ["One", "Three", "Three", "Two"]
    assert typed("task", "import", str(file), "--again") == 0
    assert len(server.said) == 8


def test_what_programs_want_is_on_standard_output(
    typed: Typed, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"text": "One"}\n{"text": "Two"}\n'))
    assert typed("task", "import", "-", "--format", "jsonl", "--json") == 0
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == [1, 2]


@pytest.mark.parametrize(
    ("name", "words", "complaint"),
    [
        ("a.csv", "text,mood\nOne,good\n", "Row 2: a task that is put in has no mood."),
        ("a.csv", "labels\na\n", "Row 2 has no text."),
        ("a.csv", "text,labels\nOne\n", "Row 2 has another number of cells"),
        ("a.csv", "text\nOne,two\n", "Row 2 has another number of cells"),
        ("a.csv", 'text\n"One\n', "is not CSV"),
        ("a.csv", "text,due_at\nOne,soon\n", "Row 2: 'soon' is no due_at."),
        ("a.csv", "text,blocked_by\nOne,first\n", "is no blocked_by."),
        ("a.jsonl", '{"text": "One"}\n{"text": ', "Row 2 is not JSON"),
        ("a.jsonl", "[1]", "Row 1 is no JSON object."),
        ("a.jsonl", '{"text": 5}', "Row 1: 5 is no text."),
        ("a.jsonl", '{"text": "One", "labels": "a"}', "Row 1: 'a' is no labels."),
        ("a.jsonl", '{"text": "One", "due_at": 5}', "Row 1: 5 is no due_at."),
        ("a.txt", "One", "--format jsonl or --format csv"),
    ],
)
def test_a_file_that_is_wrong_anywhere_is_not_sent_at_all(
    name: str, words: str, complaint: str, typed: Typed, stub: Stub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text(words)
    assert typed("task", "import", str(tmp_path / name)) == 2
    assert complaint in capsys.readouterr().err
    assert stub.asked == []


def test_a_file_that_cannot_be_read_is_said(typed: Typed, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("task", "import", str(tmp_path / "none.csv")) == 2
    (tmp_path / "latin.csv").write_bytes("text\nMülltonne\n".encode("latin-1"))
    assert typed("task", "import", str(tmp_path / "latin.csv")) == 2
    assert capsys.readouterr().err.count("cannot be read") == 2
