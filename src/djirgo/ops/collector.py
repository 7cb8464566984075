"""How often Python looks for garbage. Needs no Django, whose import makes most of what there is."""

import gc

#: Python's own 700 are less than one list of tasks makes, and a start makes hundreds of thousands that stay.
COLLECTED_AFTER = (20_000, 20, 20)


def look_seldom() -> None:
    gc.set_threshold(*COLLECTED_AFTER)


def spare_what_is_there() -> None:
    """The program itself is no garbage: to look through it again and again would cost a tenth of all requests."""
    gc.collect()
    gc.freeze()
