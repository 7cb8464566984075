"""The whole of it: set the stage, let them work, strike until all was dealt, let them finish, count."""

import json
import random
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field

from tests.servers import eventually
from tests.torture.faults import dealt, table
from tests.torture.ground import Ground
from tests.torture.rules import Rule
from tests.torture.scene import Scene, Size, inside


@dataclass
class Report:
    faults: list[str] = field(default_factory=list)
    checks: int = 0
    violations: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{len(self.faults)} faults, {self.checks} checks, {len(self.violations)} violations"

    def __add__(self, other: "Report") -> "Report":
        return Report(self.faults + other.faults, self.checks + other.checks, self.violations + other.violations)


def torture(ground: Ground, size: Size, seed: int, only: Collection[str] = ()) -> Report:
    """By all faults that are possible there, or only by those that are named."""
    report = Report()
    scene = Scene(ground, size, seed)
    try:
        _strike(scene, only, report)
        scene.stop_sending()
        _go_on(scene)
        _let_all_be_told(scene)
    finally:
        scene.end_programs()
    for worker in scene.workers:
        worker.terminate()  # so that what is counted stands still
    counted = json.loads(inside(ground.place, "audit", f"audit({size.tasks}, {str(scene.home)!r})"))
    report.checks = counted["checks"]
    report.violations = counted["violations"]
    if len(report.faults) < size.faults:
        report.violations.append(f"{Rule.HEALED}: too slow for {size.faults} faults in {size.patience} seconds")
    return report


def _strike(scene: Scene, only: Collection[str], report: Report) -> None:
    deadline = time.monotonic() + scene.size.patience
    dice = random.Random(scene.seed)  # noqa: S311
    faults = [fault for fault in table(scene.ground) if not only or fault.name in only]
    pack = dealt(faults, dice)
    next_fault = dice.randint(1, 2 * scene.size.every)
    while len(report.faults) < scene.size.faults and time.monotonic() < deadline:
        _pass_the_time(scene)
        if scene.claims() >= next_fault:
            fault = next(pack)
            # Dice of its own, so that what was rolled for one fault changes nothing about the next.
            fault.happen(scene, random.Random(dice.random()))  # noqa: S311
            report.faults.append(fault.name)
            next_fault = scene.claims() + dice.randint(1, 2 * scene.size.every)


def _go_on(scene: Scene) -> None:
    """Undisturbed, until what was done to them is over, and all is done; what is not by then is counted."""
    deadline = time.monotonic() + scene.size.finishing
    while not scene.is_done() and time.monotonic() < deadline:
        _pass_the_time(scene)


def _let_all_be_told(scene: Scene) -> None:
    patience = scene.size.telling
    events = int(inside(scene.place, "stage", f"wait_until_all_is_told({str(scene.home)!r}, {patience})"))
    with suppress(AssertionError):  # what was not heard by then is counted
        eventually(lambda: scene.heard() >= events, "the consumer has heard of everything", patience / 2)


def _pass_the_time(scene: Scene) -> None:
    time.sleep(0.1)
    scene.do_what_is_due()
    scene.look_after()
