"""What the pages are made of, as an image carries it."""

import re
import subprocess
from pathlib import Path

import pytest

from djirgo import web
from tests.live import DJIRGO, Installation

pytestmark = pytest.mark.once
SOURCE = Path(web.__file__).parent / "static/web"
IMPORT = re.compile(r"(?:import|from)\s*['\"](\./[^'\"]+)['\"]")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static")
    environment = Installation(folder / "data").environment | {"DJIRGO_STATIC_DIR": str(folder)}
    command = [str(DJIRGO), "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=110)
    return folder / "web"


def test_every_file_has_a_name_of_what_is_in_it_and_is_compressed(collected: Path) -> None:
    for source in SOURCE.iterdir():
        named = list(collected.glob(f"{source.stem}.{'[0-9a-f]' * 12}{source.suffix}"))
        assert len(named) == 1, source.name
        assert named[0].with_name(f"{named[0].name}.gz").exists() or source.stat().st_size < 400


def test_a_module_imports_others_by_those_names(collected: Path) -> None:
    for module in collected.glob(f"*.{'[0-9a-f]' * 12}.js"):
        imports = IMPORT.findall(module.read_text())
        assert len(imports) == len(IMPORT.findall((SOURCE / f"{module.name.split('.')[0]}.js").read_text()))
        for name in imports:
            assert re.search(r"\.[0-9a-f]{12}\.js$", name)
            assert (collected / name).exists()


@pytest.mark.parametrize("source", sorted(SOURCE.glob("*.js")), ids=lambda path: path.name)
def test_a_module_has_one_subject_and_says_which(source: Path) -> None:
    lines = source.read_text().splitlines()
    assert lines[0].startswith("// ")
    assert len(lines) <= 150


def test_a_file_that_the_browser_has_is_not_sent_again() -> None:
    from django.test import Client

    browser = Client(SERVER_NAME="localhost", HTTP_ACCEPT_ENCODING="gzip")
    answer = browser.get("/static/web/board.css")
    assert answer["Content-Encoding"] == "gzip"
    again = browser.get("/static/web/board.css", HTTP_IF_NONE_MATCH=answer["ETag"])
    assert again.status_code == 304
