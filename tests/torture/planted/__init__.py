"""Bugs to be planted, each of which the torture must catch. No switch of Djirgo's own knows them.

The processes of an installation are given `settings`, which is Djirgo's with one app more. When everything is loaded,
that app imports the module named by `TORTURE_PLANT`, whose `plant` puts something worse in the place of what is there.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
NAMES = tuple(sorted(path.stem for path in Path(__file__).parent.glob("*_*.py") if not path.stem.startswith("_")))


def settings_with(plant: str) -> dict[str, str]:
    """What the processes have to be started with."""
    return {
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "tests.torture.planted.settings",
        "TORTURE_PLANT": plant,
    }


def put_in_place_of(owner: Any, name: str, worse: Callable[..., Any]) -> None:
    """What is not there cannot be replaced: a bug that was planted in a name of yesterday would prove nothing."""
    assert hasattr(owner, name), f"{owner} has no {name}"
    setattr(owner, name, worse)
