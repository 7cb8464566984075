"""The house stays as it was drawn: layers, one door for a status, no name that says nothing."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "djirgo"
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    # Imports are read from the copy, not from the installed package.
    command = [str(LINT_IMPORTS), "--config", str(root / "pyproject.toml"), "--no-cache"]
    environment = {"PYTHONPATH": str(root / "src"), "PATH": ""}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The house, to plant something in."""
    for path in [ROOT / "pyproject.toml", *SOURCE.rglob("*.py")]:
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return tmp_path


def test_the_layers_hold(copy: Path) -> None:
    checked = lint_imports(copy)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("room", "planted"),
    [
        ("events/envelope.py", "from djirgo.tasks.models import Task"),
        ("tasks/models/status.py", "from djirgo.config import settings"),
        ("tasks/models/status.py", "import rest_framework"),
        ("accounts/models/user.py", "import pika"),
        ("tasks/models/work.py", "from djirgo.tasks.api import views"),
        ("tasks/models/work.py", "from djirgo.client import Task"),
        ("client/task.py", "from djirgo.errors import DomainError"),
        ("client/task.py", "import django"),
        ("cli/remote/run.py", "from djirgo.ops.start import CannotStart"),
    ],
)
def test_an_import_against_the_layers_is_found(room: str, planted: str, copy: Path) -> None:
    path = copy / "src" / "djirgo" / room
    path.write_text(path.read_text() + f"\n{planted}\n")
    checked = lint_imports(copy)
    assert checked.returncode == 1, checked.stdout + checked.stderr


def test_a_new_top_level_folder_needs_a_place(copy: Path) -> None:
    room = copy / "src" / "djirgo" / "helpers"
    room.mkdir()
    (room / "__init__.py").write_text("")
    assert lint_imports(copy).returncode == 1


def assignments_to(attribute: str, tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            yield from (t for t in targets if isinstance(t, ast.Attribute) and t.attr == attribute)


def test_a_status_is_set_behind_the_one_door_and_nowhere_else() -> None:
    verbs = SOURCE / "tasks" / "models" / "task.py"
    found = {path for path in MODULES if any(assignments_to("status", ast.parse(path.read_text())))}
    assert found == {verbs}


def test_no_query_writes_a_status_past_the_door() -> None:
    written = re.compile(r"\.(update|bulk_update|update_or_create)\([^)]*\bstatus\s*=\s*Status", re.DOTALL)
    assert [path.name for path in MODULES if written.search(path.read_text())] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_says_what_it_is_for(path: Path) -> None:
    tree = ast.parse(path.read_text())
    is_plain = not tree.body or path.name == "apps.py"
    assert is_plain or ast.get_docstring(tree), f"{path} has no docstring"


def test_no_room_has_a_name_that_says_nothing() -> None:
    nothing = {"utils", "helpers", "common", "misc", "services"}
    assert not [path for path in MODULES if nothing & {path.stem, *path.relative_to(SOURCE).parts}]


def test_lock_files_hold_hashes_and_no_address() -> None:
    locks = list((ROOT / "requirements").glob("*.lock"))
    assert len(locks) == 3
    for lock in locks:
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|index-url|find-links", text), lock.name


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)
