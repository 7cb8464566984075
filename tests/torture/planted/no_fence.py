"""Nobody looks at the token of a lease."""

from typing import Any

from djirgo.tasks.models.lease import Leased
from tests.torture.planted import put_in_place_of


def plant() -> None:
    put_in_place_of(Leased, "_check_lease", look_away)


def look_away(task: Leased, *_: Any, **__: Any) -> None:
    pass
