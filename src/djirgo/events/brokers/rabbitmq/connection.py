"""How Djirgo connects to RabbitMQ: it says who it is, and never waits for ever."""

from collections.abc import Iterator
from contextlib import contextmanager

import pika
from pika.adapters.utils.connection_workflow import AMQPConnectionWorkflowFailed, AMQPConnectorPhaseErrorBase
from pika.exceptions import AMQPError

from djirgo.events.brokers.seam import BrokerAway

PATIENCE_SECONDS = 5
HEARTBEAT_SECONDS = 10


def parameters(url: str, purpose: str) -> pika.URLParameters:
    asked = pika.URLParameters(url)
    asked.socket_timeout = asked.stack_timeout = asked.blocked_connection_timeout = PATIENCE_SECONDS
    asked.heartbeat = HEARTBEAT_SECONDS
    asked.client_properties = {"connection_name": f"djirgo {purpose}"}
    # What a dead peer has not received after this time is dropped, not delivered late.
    asked.tcp_options = {"TCP_USER_TIMEOUT": PATIENCE_SECONDS * 1000}
    return asked


@contextmanager
def broker_away_on_failure() -> Iterator[None]:
    try:
        yield
    except (AMQPError, OSError) as problem:
        raise BrokerAway(said(problem)) from problem


def said(problem: BaseException) -> str:
    """One sentence. pika wraps the cause of a failed connection up to three times."""
    if isinstance(problem, AMQPConnectionWorkflowFailed):
        return said(problem.exceptions[-1])
    if isinstance(problem, AMQPConnectorPhaseErrorBase):
        return said(problem.exception)
    if problem.args and isinstance(problem.args[0], Exception):
        return said(problem.args[0])
    cause = problem.strerror if isinstance(problem, OSError) and problem.strerror else repr(problem)
    return f"RabbitMQ is away: {cause}."
