"""Programs send, claim, work, vanish and come too late, while they and what they talk to break: then all is counted.

`make torture` does the same at full size, and by faults that take longer.
"""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.live import Installation
from tests.torture.ground import Ground
from tests.torture.planted import NAMES, settings_with
from tests.torture.plants import PLANTS
from tests.torture.run import torture
from tests.torture.scene import Size, inside

SEED = 20260303
SIZE = Size(tasks=30, claimers=4, senders=2, workers=1, faults=10, every=3, late=0.02, pause=0.1, patience=150)
#: What is over soon. Those that do not exist without servers are left out there.
FAULTS = (
    "kill_a_claimer",
    "kill_a_sender",
    "kill_the_consumer",
    "kill_a_web_process",
    "kill_a_worker",
    "fill_the_disk",
    "restart_the_database",
    "bring_again",
    "reset_database",
    "tear_a_frame_database",
    "tear_a_frame_broker",
    "swallow_broker",
)


@pytest.mark.timeout(300)
def test_what_was_promised_holds_whatever_breaks(torture_ground: Ground) -> None:
    report = torture(torture_ground, SIZE, SEED, FAULTS)
    print(report, report.faults)
    assert report.violations == []
    assert len(report.faults) == SIZE.faults
    assert report.checks > 1000


def test_every_bug_can_still_be_planted(installation: Installation) -> None:
    """`make torture PLANT=…` then shows that it is caught, which takes longer."""
    environment = installation.environment | settings_with(",".join(PLANTS))
    planted = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"], env=environment, check=False, capture_output=True
    )
    assert planted.returncode == 0, planted.stderr
    assert set(PLANTS) == set(NAMES)


def test_those_who_wait_for_work_keep_nobody_from_the_database(installation: Installation) -> None:
    installation.settings |= {"DJIRGO_DATABASE_CONNECTIONS": "2", "DJIRGO_WEB_THREADS": "32"}
    tokens = json.loads(inside(installation, "stage", "put_in(0, 8, 0)"))
    installation.serve()

    def wait(bot: str) -> int:
        answer = ask(installation, tokens[bot], "claim/", {"wait_seconds": 20})
        return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        waiters = [pool.submit(wait, f"bot{number}") for number in range(8)]
        for number in range(8):
            assert ask(installation, tokens["boss"], "", {"text": f"Number {number}"}).status_code == 201
        assert [waiter.result() for waiter in waiters] == [200] * 8


def ask(place: Installation, token: str, path: str, body: dict[str, Any]) -> httpx.Response:
    return httpx.post(
        f"{place.url}/api/tasks/{path}", json=body, headers={"Authorization": f"Bearer {token}"}, timeout=40
    )
