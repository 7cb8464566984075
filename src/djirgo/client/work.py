"""The loop of a bot: claim, work, say what became of it, and again, until it is told to stop."""

import logging
import time
import uuid
from collections.abc import Generator, Mapping
from itertools import count
from typing import Any

from djirgo.client.api import Api
from djirgo.client.calls import CLAIM, within
from djirgo.client.errors import DjirgoError, Refused
from djirgo.client.job import Job
from djirgo.client.retrying import STILL_RUNNING, Patience, may_pass
from djirgo.client.stopping import Stop, said_by_signals

#: Between two questions of a bot that finds nothing to do, at least: where the server does not wait, the bot does.
SHORTEST_ROUND_SECONDS = 1.0
#: One try: the loop asks again by itself, for as long as it takes.
AT_ONCE = Patience(seconds=0.0)
TROUBLE = Patience(first_pause=0.5, longest_pause=15.0)

log = logging.getLogger("djirgo.client")


def jobs(api: Api, wanted: Mapping[str, Any], stop: Stop) -> Generator[Job]:
    """One task at a time. It rests while the body works, and goes on when the body asks for the next."""
    with said_by_signals(stop):
        while not stop.is_said:
            job = _next(api, wanted, stop)
            if job is None:
                continue
            if stop.is_said:
                job.release()
                return
            try:
                yield job
            except GeneratorExit:
                job.leave()
                raise
            job.end("complete")


def _next(api: Api, wanted: Mapping[str, Any], stop: Stop) -> Job | None:
    """The next task; None where there is none just now, or where it is time to stop."""
    asked_at, key = time.monotonic(), uuid.uuid4().hex
    for number in count():
        try:
            claimed = api.post(CLAIM, wanted, key=key, within=within(api, wanted), patience=AT_ONCE)
            break
        except DjirgoError as error:
            if not may_pass(error):
                raise
            log.warning("There is no work to be had just now: %s", error)
            is_over = not _may_have_claimed(error) or time.monotonic() > asked_at + wanted["lease_seconds"]
        stop.wait(TROUBLE.pause(number))
        if stop.is_said:
            return None
        if is_over:
            asked_at, key = time.monotonic(), uuid.uuid4().hex
    if claimed is not None:
        return Job.of(claimed, api, seconds=wanted["lease_seconds"], may_be_old=number > 0)
    stop.wait(asked_at + SHORTEST_ROUND_SECONDS - time.monotonic())
    return None


def _may_have_claimed(error: DjirgoError) -> bool:
    """The answer may be on its way, or have been lost with a task in it: the same key brings that task."""
    return not isinstance(error, Refused) or error.code == STILL_RUNNING
