"""The bugs that are planted to see whether they are caught: where, by doing what, and what they break."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from tests.torture.ground import ground
from tests.torture.planted import settings_with
from tests.torture.rules import Rule
from tests.torture.run import Report, torture
from tests.torture.scene import Size

SMALL = Size(
    tasks=30,
    claimers=6,
    senders=2,
    workers=1,
    faults=3,
    every=8,
    late=0.0,
    pause=0.1,
    patience=120,
    finishing=15,
    telling=6,
)
#: More is sent, and less of it done.
SENDING = replace(SMALL, tasks=10, claimers=4, senders=4, pause=0.03)


@dataclass(frozen=True)
class Plant:
    #: The names of the faults under which it comes to light.
    faults: tuple[str, ...]
    #: One of them has to be broken.
    breaks: tuple[Rule, ...]
    size: Size = SMALL


PLANTS = {
    "publish_before_commit": Plant(("kill_a_web_process",), (Rule.NOTHING_ELSE,), replace(SENDING, every=20)),
    "mark_before_confirm": Plant(("kill_the_broker",), (Rule.DELIVERED,)),
    "no_fence": Plant(("kill_a_claimer",), (Rule.ONE_HOLDER,), replace(SMALL, late=0.2)),
    "no_row_lock": Plant(("kill_a_claimer",), (Rule.ONE_HOLDER, Rule.NO_FAILURE, Rule.MACHINE)),
    "acknowledge_before_commit": Plant(
        ("kill_a_worker",), (Rule.SETTLED,), replace(SENDING, workers=2, faults=4, every=20)
    ),
    "answer_before_commit": Plant(
        ("kill_a_web_process", "kill_the_web"), (Rule.KEPT,), replace(SMALL, faults=4, every=5)
    ),
}


@dataclass(frozen=True)
class Found:
    name: str
    report: Report

    @property
    def evidence(self) -> list[str]:
        """What it breaks, and not what else may go wrong then."""
        return [violation for violation in self.report.violations if violation.startswith(PLANTS[self.name].breaks)]

    def __str__(self) -> str:
        return f"{self.name} planted: {self.report}: {'caught' if self.evidence else 'NOT CAUGHT'}"


def look_for(name: str, seed: int) -> Found:
    plant = PLANTS[name]
    with (
        tempfile.TemporaryDirectory(prefix="djirgo-torture-") as folder,
        ground("postgresql", Path(folder)) as found,
    ):
        found.place.settings |= settings_with(name)
        return Found(name, torture(found, plant.size, seed, plant.faults))
