"""Everything is said in both languages."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from djirgo import web
from djirgo.errors import DomainError, Several
from djirgo.web.refusals import WORDS
from tests.conftest import without
from tests.servers import Missing

from .conftest import Browser, text_of
from .test_pages import BESIDE

WEB = Path(web.__file__).parent
CATALOGUE = WEB / "locale/ru/LC_MESSAGES/django.po"
PLACE = re.compile(r"%\(\w+\)0?\d*[sd]|</?\w+>|\{\{?.*?\}\}?")
#: The kinds that named refusals are made of; none of them is raised itself.
KINDS = {"refused", "invalid", "forbidden", "conflict", "several"}


def messages(path: Path = CATALOGUE) -> list[Message]:
    with path.open("rb") as file:
        catalogue = read_mo(file) if path.suffix == ".mo" else read_po(file)
    return [message for message in catalogue if message.id]


def context_of(message: Message) -> str | None:
    """Of a compiled catalogue it is read as bytes."""
    return message.context.decode() if isinstance(message.context, bytes) else message.context


def forms(said: str | Sequence[str]) -> tuple[str, ...]:
    """One, or one for each kind of number. Of a compiled catalogue they are read as a list."""
    return (said,) if isinstance(said, str) else tuple(said)


def test_every_message_is_translated() -> None:
    assert [message.id for message in messages() if not message.string or message.fuzzy] == []


def test_a_translation_keeps_what_is_filled_in() -> None:
    for message in messages():
        said = message.id[-1] if isinstance(message.id, tuple) else message.id
        for form in message.string if isinstance(message.string, tuple) else (message.string,):
            assert sorted(PLACE.findall(said)) == sorted(PLACE.findall(form)), message.id


def test_what_is_installed_is_what_is_written() -> None:
    def said(path: Path) -> dict[object, object]:
        return {(context_of(message), forms(message.id)): forms(message.string) for message in messages(path)}

    assert said(CATALOGUE.with_suffix(".mo")) == said(CATALOGUE)


def test_every_message_of_the_pages_is_in_the_catalogue(tmp_path: Path) -> None:
    """Collected anew, there is nothing that was not there before, and nothing is left over."""
    if not shutil.which("xgettext"):
        without(Missing("gettext is not installed: the catalogue is not compared with the pages."))
    copy = tmp_path / "web"
    shutil.copytree(WEB, copy, ignore=shutil.ignore_patterns("__pycache__"))
    command = [
        Path(sys.executable).with_name("django-admin"),
        "makemessages",
        "-l",
        "ru",
        "--no-location",
        "--no-obsolete",
    ]
    settings = os.environ | {"DJANGO_SETTINGS_MODULE": "djirgo.config.settings"}
    subprocess.run(command, cwd=copy, env=settings, check=True, capture_output=True, timeout=60)
    collected = copy / CATALOGUE.relative_to(WEB)
    assert {(m.context, m.id) for m in messages(collected)} == {(m.context, m.id) for m in messages()}


def refusals(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for refusal in kind.__subclasses__():
        yield refusal
        yield from refusals(refusal)


def test_every_refusal_of_the_domain_is_said_in_both_languages() -> None:
    codes = {refusal.code for refusal in refusals() if refusal is not Several}
    assert codes - KINDS - set(WORDS) == set()


@pytest.mark.parametrize("address", ["/", "/log-in/", "/password/", *BESIDE])
def test_no_english_word_is_left_on_a_russian_page(address: str, anns: Browser) -> None:
    browser = anns if address != "/log-in/" else Browser()
    page = text_of(browser.get(address, HTTP_ACCEPT_LANGUAGE="ru"))
    words = re.sub(
        r"<(script|svg|style|code)\b.*?</\1>|<[^>]+>", " ", page.split("<body")[1].split(">", 1)[1], flags=re.DOTALL
    )
    known = {
        "Djirgo",
        "English",
        "General",
        "API",
        "Ctrl",
        "K",
        "Enter",
        "Shift",
        "Esc",
        "ann",
        "AN",
        "Next",
        "CSV",
        "djirgo",
    }
    assert set(re.findall(r"[A-Za-z]{2,}", words)) - known == set()
