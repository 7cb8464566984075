"""What is shipped: an image without a compiler and without root, and servers that only the program can reach."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
IMAGE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "compose.yaml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]


def test_only_the_web_is_published() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]


@pytest.mark.parametrize("name", ["postgres", "rabbitmq", "web", "worker"])
def test_every_service_that_stays_up_is_looked_after(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_no_password_is_written_where_the_repository_shows_it() -> None:
    written = {
        key
        for service in SERVICES.values()
        for key, value in service.get("environment", {}).items()
        if re.search(r"PASS|SECRET|_URL$", key) and value and not value.startswith(("${", "/run/"))
    }
    assert written == set()


def test_nothing_has_to_be_set_before_the_first_start() -> None:
    assert re.findall(r"\$\{\w+(?!\w|:-)[^}]*\}", COMPOSE) == []
    assert "env_file" not in COMPOSE


def test_the_image_does_not_run_as_root() -> None:
    assert re.findall(r"^USER (.+)$", IMAGE, re.MULTILINE)[-1] == "10001:10001"


def test_what_is_installed_is_what_the_lock_says() -> None:
    installs = re.findall(r"(?:uv )?pip install .*", IMAGE)
    assert len(installs) == 3
    assert all("--require-hashes" in line or "--no-deps ." in line for line in installs)


def test_the_linter_of_dockerfiles_has_nothing_to_say() -> None:
    linted = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (linted.returncode, linted.stdout) == (0, "")
