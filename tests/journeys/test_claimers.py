"""Programs claim, work, vanish and come too late, while they and what they talk to are killed: then all is counted.

`make torture` does the same at full size.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.live import Installation
from tests.torture.run import Size, inside, torture

SEED = 20260303
SIZE = Size(tasks=150, claimers=6, every=5, late=0.03, patience=150)


@pytest.mark.timeout(300)
def test_each_task_is_done_once_whoever_is_killed(installation: Installation) -> None:
    report = torture(installation, SIZE, SEED)
    print(report)
    assert report.violations == []
    assert report.faults > 5
    assert report.checks > 1000


def test_those_who_wait_for_work_keep_nobody_from_the_database(installation: Installation) -> None:
    installation.settings |= {"DJIRGO_DATABASE_CONNECTIONS": "2", "DJIRGO_WEB_THREADS": "32"}
    installation.migrate()
    tokens = json.loads(inside(installation, "stage", "put_in(0, 8)"))
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
