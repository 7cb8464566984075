"""What the two databases want to hear in other words."""

from collections.abc import Sequence

from django.db import connection

#: Looks rows up for each of what stands before, by an index, in this order and no other. SQLite keeps to the order of a
#: CROSS JOIN. PostgreSQL, which knows nothing of how much is in what stands before, would rather read everything once:
#: the OFFSET keeps it from that.
LOOKED_UP = {
    "postgresql": "CROSS JOIN LATERAL (SELECT * FROM {table} {name} WHERE {which} OFFSET 0) {name}",
    "sqlite": "CROSS JOIN {table} {name} WHERE {which}",
}
LEAST = {"postgresql": "LEAST", "sqlite": "MIN"}
GREATEST = {"postgresql": "GREATEST", "sqlite": "MAX"}


def looked_up(table: str, name: str, which: str) -> str:
    return LOOKED_UP[connection.vendor].format(table=table, name=name, which=which)


def least() -> str:
    return LEAST[connection.vendor]


def greatest() -> str:
    return GREATEST[connection.vendor]


def places(values: Sequence[object]) -> str:
    """Where as many values go into a statement."""
    return ", ".join(["%s"] * len(values))
