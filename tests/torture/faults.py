"""What is done to those who work. A new kind of fault is a function and a row in the table."""

import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.torture.run import Scene


def kill_a_claimer(scene: "Scene", dice: random.Random) -> None:
    scene.replace_claimer(dice.randrange(len(scene.claimers)))


def kill_the_worker(scene: "Scene", dice: random.Random) -> None:
    scene.worker.kill()
    scene.worker = scene.place.work()


def kill_a_web_process(scene: "Scene", dice: random.Random) -> None:
    """One of those that answer; the server puts another in its place."""
    if children := scene.web.descendants():
        with suppress(ProcessLookupError):
            os.kill(dice.choice(children), signal.SIGKILL)


def kill_the_web(scene: "Scene", dice: random.Random) -> None:
    scene.web.kill()
    scene.web = scene.place.serve()


@dataclass(frozen=True)
class Fault:
    happen: Callable[["Scene", random.Random], None]
    #: How often, compared with the others.
    weight: int


FAULTS = (
    Fault(kill_a_claimer, 12),
    Fault(kill_a_web_process, 3),
    Fault(kill_the_worker, 2),
    Fault(kill_the_web, 1),
)


def strike(scene: "Scene", dice: random.Random) -> None:
    (fault,) = dice.choices(FAULTS, [fault.weight for fault in FAULTS])
    fault.happen(scene, dice)
