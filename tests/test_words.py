"""What is written about the program is true of it: links lead somewhere, and every name named is there."""

import argparse
import ast
import inspect
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import django.contrib.auth.password_validation
import django.core.validators
import djoser.serializers
import pytest
import rest_framework.exceptions
import rest_framework.fields
import rest_framework_simplejwt.authentication
import rest_framework_simplejwt.serializers
from django.conf import settings
from django.core.management import get_commands

from djirgo.cli import remote
from djirgo.cli.remote.parser import parser as remote_parser
from djirgo.client import environment
from djirgo.config import env
from djirgo.tasks import events
from djirgo.tasks.api.comments import CommentOutput
from djirgo.tasks.api.filters import TaskFilter
from djirgo.tasks.api.project_serializers import MemberOutput, ProjectDetailOutput
from djirgo.tasks.api.serializers import TaskOutput
from djirgo.tasks.models import Role, Verb
from djirgo.tasks.models.status import MOVES

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent
WORDS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
API = (ROOT / "docs/api.md").read_text()

#: Codes that a library brings along, and the module that says them.
OF_LIBRARIES: dict[ModuleType, set[str]] = {
    rest_framework.exceptions: {
        "parse_error", "not_authenticated", "permission_denied", "not_found", "method_not_allowed", "not_acceptable",
        "unsupported_media_type",
    },
    rest_framework.fields: {
        "required", "null", "blank", "empty", "invalid", "invalid_choice", "max_length", "not_a_list", "overflow",
        "min_value", "max_value",
    },
    rest_framework_simplejwt.authentication: {"bad_authorization_header"},
    rest_framework_simplejwt.serializers: {"no_active_account"},
    djoser.serializers: {"invalid_password", "invalid_uid", "invalid_token"},
    django.core.validators: {"null_characters_not_allowed"},
    django.contrib.auth.password_validation: {
        "password_too_short", "password_too_common", "password_entirely_numeric", "password_too_similar",
    },
}  # fmt: skip
#: The kinds that named refusals are made of; none of them is raised itself.
BASE_KINDS = ROOT / "src/djirgo/errors.py"


def names(words: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, words, re.MULTILINE))


def section(heading: str, level: int = 2) -> str:
    """The text of docs/api.md under a heading, up to the next one of its level."""
    parts = re.split(rf"^#{{{level}}} ", API, flags=re.MULTILINE)
    return next(part for part in parts if part.partition("\n")[0] == heading)


def column(words: str, number: int) -> set[str]:
    """What stands in backticks in one column of the tables."""
    rows = [line.split("|") for line in words.splitlines() if line.startswith("|")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row[number])}


# --- Links --------------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(page: Path) -> Iterator[str]:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


@pytest.mark.parametrize("page", WORDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert list(dead_links(page)) == []


@pytest.mark.parametrize("page", WORDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = names(page.read_text(), r"`((?:src|tests|docs|docker|requirements)/[\w./-]+)`")
    assert [name for name in named if not (ROOT / name).exists()] == []


# --- Names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", WORDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_setting_that_is_named_is_read(page: Path) -> None:
    named = names(page.read_text(), r"\b(DJIRGO_[A-Z][A-Z_]*[A-Z]|[A-Z]+_URL)\b")
    of_the_tests = names((ROOT / "tests/conftest.py").read_text(), r"\b(DJIRGO_TEST_[A-Z_]+|TEST_[A-Z]+_URL)\b")
    assert settings.configured
    assert named - set(env.KNOWN) - environment.NAMES - of_the_tests == set()


@pytest.mark.parametrize("page", WORDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_target_of_make_that_is_named_is_there(page: Path) -> None:
    targets = names((ROOT / "Makefile").read_text(), r"^([a-z-]+):")
    assert names(page.read_text(), r"(?:`|^\s*)make ([a-z][a-z-]*)") - targets == set()


@pytest.mark.parametrize("page", WORDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_is_named_is_there(page: Path) -> None:
    named = names(page.read_text(), r"(?:`|/|^\s*)djirgo ([a-z]+)\b")
    assert named - set(get_commands()) - set(remote.COMMANDS) == set()


@pytest.mark.parametrize("page", WORDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_command_that_is_named_is_there(page: Path) -> None:
    named = set(re.findall(r"(?:`|/|^\s*)djirgo (task|token|project) ([a-z]+)\b", page.read_text(), re.MULTILINE))
    assert named - set(typed_commands()) == set()


def typed_commands() -> Iterator[tuple[str, str]]:
    """`("task", "add")` and so on, as the parser has them."""
    for room, parser in choices(remote_parser()).items():
        yield from ((room, command) for command in choices(parser))


def choices(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    return next(action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction))


# --- The API ------------------------------------------------------------------------------------------------------


def codes_of_our_own() -> Iterator[str]:
    """Every `code` that our source gives to a refusal."""
    for path in ROOT.glob("src/djirgo/**/*.py"):
        if path == BASE_KINDS:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            yield from filter(None, map(text_of, codes_in(node)))


def codes_in(node: ast.AST) -> Iterator[ast.expr | None]:
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        if node.targets[0].id in ("code", "default_code"):
            yield node.value
    elif isinstance(node, ast.Call):
        yield from (keyword.value for keyword in node.keywords if keyword.arg == "code")
        if ast.unparse(node.func) == "ErrorDetail" and len(node.args) > 1:
            yield node.args[1]
        if ast.unparse(node.func) == "self.fail" and node.args:
            yield node.args[0]


def text_of(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def test_every_code_that_the_api_answers_with_is_documented_and_no_other() -> None:
    statuses, fields = section("Errors").split("In `errors`:")
    documented = column(statuses, 2) | column(fields, 1)
    of_libraries = {code for codes in OF_LIBRARIES.values() for code in codes}
    assert documented - {"code"} == set(codes_of_our_own()) | of_libraries


@pytest.mark.parametrize(("module", "codes"), OF_LIBRARIES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_the_libraries_still_speak_of_the_codes_that_are_theirs(module: ModuleType, codes: set[str]) -> None:
    source = inspect.getsource(module)
    assert {code for code in codes if not re.search(rf"[\"']{code}[\"']", source)} == set()


def test_the_fields_of_a_task_are_those_of_the_table() -> None:
    assert column(section("Tasks").split("A manager")[0].partition("| field |")[2], 1) == set(TaskOutput().fields)


def test_the_verbs_are_those_of_the_table() -> None:
    table = section("Verbs").partition("### ")[0]
    named = {name for name in column(table, 1) if not name.startswith("{")}
    assert named == {verb.value for verb in Verb} - {Verb.EDIT, Verb.CORRECT, Verb.DELETE, Verb.EXPIRE}


def test_the_moves_are_those_of_the_table() -> None:
    rows = [line.split("|") for line in section("Setting the status", 3).splitlines() if "→" in line]
    moves = {
        (start.strip(), end.strip()): tuple(re.findall(r"`(\w+)`", row[2]))
        for row in rows
        for starts, end in [row[1].split("→")]
        for start in starts.split(",")
        if row[2].strip() != "is"
    }
    assert moves == {pair: tuple(verb.value for verb in verbs) for pair, verbs in MOVES.items()}


def test_the_filters_are_those_of_the_table() -> None:
    parameters = column(section("Lists"), 1)
    assert parameters == set(TaskFilter.base_filters) | {"ordering", "page_size", "cursor"}


def test_the_types_of_events_are_all_named() -> None:
    named = names(section("History and events"), r"`((?:task|project|member)\.[a-z_]+)`")
    of_projects = {value for name, value in vars(events).items() if name.startswith(("PROJECT_", "MEMBER_"))}
    assert named == {events.CREATED, *events.TYPE_OF.values(), *of_projects}


def test_the_fields_of_a_project_and_of_a_member_are_those_of_the_tables() -> None:
    projects, members = section("Projects").split("### Members")
    assert column(projects.partition("| field of a project |")[2].partition("| role |")[0], 1) == set(
        ProjectDetailOutput().fields
    )
    assert column(projects.partition("| role |")[2], 1) == set(Role.words())
    assert column(members.partition("| field |")[2], 1) == set(MemberOutput().fields)


def test_the_types_of_events_of_comments_are_all_named() -> None:
    of_comments = {events.COMMENT_ADDED, events.COMMENT_EDITED, events.COMMENT_DELETED, events.USER_MENTIONED}
    assert names(section("History and events"), r"`((?:comment|user)\.[a-z_]+)`") == of_comments
    assert of_comments <= names((ROOT / "docs/events.md").read_text(), r"`((?:comment|user)\.[a-z_]+)`")


def test_the_fields_of_a_comment_are_those_of_the_table() -> None:
    assert column(section("Comments").partition("| field |")[2], 1) == set(CommentOutput().fields)


def test_the_decisions_are_numbered_without_a_gap_and_listed() -> None:
    folder = ROOT / "docs/decisions"
    records = sorted(path.name for path in folder.glob("0*.md"))
    numbers = [int(name[:4]) for name in records]
    assert numbers[0] == 1
    assert all(after == before + 1 for before, after in pairwise(numbers))
    assert sorted(names((folder / "README.md").read_text(), r"\((0\d+[\w-]*\.md)\)")) == records
