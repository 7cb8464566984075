"""Programs claim, work, vanish and come too late, while they and what they talk to are killed: then all is counted.

`make torture` does the same at full size.
"""

import pytest

from tests.live import Installation
from tests.torture.run import Size, torture

SEED = 20260303
SIZE = Size(tasks=150, claimers=6, every=5, late=0.03, patience=150)


@pytest.mark.timeout(300)
def test_each_task_is_done_once_whoever_is_killed(installation: Installation) -> None:
    report = torture(installation, SIZE, SEED)
    print(report)
    assert report.violations == []
    assert report.faults > 5
    assert report.checks > 1000
