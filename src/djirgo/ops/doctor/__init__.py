"""What is wrong with a set-up, and what to do about it. Each check is a function that looks and gives a finding."""

from collections.abc import Callable, Iterable, Iterator

from django.conf import settings

from djirgo.ops.doctor import broker, database, events, folder, web
from djirgo.ops.doctor.finding import Finding, Level

Check = Callable[[], Finding]

SET_UP: tuple[Check, ...] = (
    folder.data_folder,
    folder.secret_key,
    folder.disk_space,
    web.host_names,
    web.debugging,
)
RABBITMQ: tuple[Check, ...] = (broker.rabbitmq, broker.queues, broker.intake)
#: Each needs what stands before it: where one fails, the rest is not asked.
DATABASE: tuple[Check, ...] = (database.database, database.migrations)
SQLITE: tuple[Check, ...] = (database.journal, database.full_text_search)
POSTGRESQL: tuple[Check, ...] = (
    database.clock,
    database.connections,
    database.vacuum,
    database.long_transactions,
)
EVENTS: tuple[Check, ...] = (events.relay, events.dead_letters)


def examine() -> Iterator[tuple[str, Finding]]:
    """Each check's name and finding, as they come."""
    yield from _findings(SET_UP)
    yield from _until_failure(RABBITMQ if settings.RABBITMQ_URL else ())
    yield from _until_failure(DATABASE + (SQLITE if settings.EMBEDDED else POSTGRESQL) + EVENTS)


def _findings(checks: Iterable[Check]) -> Iterator[tuple[str, Finding]]:
    for check in checks:
        yield check.__name__.replace("_", " "), check()


def _until_failure(checks: Iterable[Check]) -> Iterator[tuple[str, Finding]]:
    for name, finding in _findings(checks):
        yield name, finding
        if finding.level is Level.FAIL:
            return
