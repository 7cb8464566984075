"""Where it happens: an installation, servers of its own, and a way to each of them that can be broken.

postgresql      PostgreSQL and one node of RabbitMQ or several, behind a proxy each; PostgreSQL on a small disk
sqlite          one file on a small disk, and no broker
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.live import Installation
from tests.proxy import Proxy
from tests.servers import PostgreSQL, RabbitMQ
from tests.torture.disk import Disk, small_disk

DATABASES = ("sqlite", "postgresql")
#: Of the disks, in megabytes.
SIZE_OF_A_FILE, SIZE_OF_A_CLUSTER = 300, 600
#: So that the journal of a small disk is small.
JOURNAL = {"max_wal_size": "96MB", "min_wal_size": "32MB", "checkpoint_timeout": "30s"}


@dataclass
class Ground:
    place: Installation
    database: PostgreSQL | None = None
    #: The nodes of one.
    brokers: list[RabbitMQ] = field(default_factory=list)
    disk: Disk | None = None
    #: The ways to the servers, by the name of the server.
    ways: dict[str, Proxy] = field(default_factory=dict)


@contextmanager
def ground(database: str, folder: Path, nodes: int = 1) -> Iterator[Ground]:
    """Missing, if a server that it takes is not installed."""
    with ExitStack() as stack:
        found = _with_servers(folder, nodes, stack) if database == "postgresql" else _with_a_file(folder, stack)
        # First of all to go, so that nobody is left to miss the rest.
        stack.callback(found.place.clear)
        yield found


def _with_a_file(folder: Path, stack: ExitStack) -> Ground:
    data = folder / "home" / "data"
    disk = stack.enter_context(small_disk(data, SIZE_OF_A_FILE))
    return Ground(Installation(data), disk=disk)


def _with_servers(folder: Path, nodes: int, stack: ExitStack) -> Ground:
    folder.chmod(0o755)
    disk = stack.enter_context(small_disk(folder / "postgresql", SIZE_OF_A_CLUSTER))
    database = PostgreSQL(folder / "postgresql", JOURNAL)
    brokers = RabbitMQ.cluster(folder / "rabbitmq", nodes)
    for server in (database, *brokers):
        stack.callback(server.clear)
        server.start()
    ways = {"database": Proxy(database.url()), "broker": Proxy(*(node.url() for node in brokers))}
    settings = {"RABBITMQ_URL": ways["broker"].url}
    place = Installation(folder / "home" / "data", ways["database"].url, settings=settings)
    return Ground(place, database, brokers, disk, ways)
