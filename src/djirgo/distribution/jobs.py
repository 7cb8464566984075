"""What has to be done about distribution now and then."""

import logging
from contextlib import suppress
from datetime import datetime

from django.db import InterfaceError, OperationalError

from djirgo.distribution.dispatch import STEP, dispatch, with_work_to_give_out
from djirgo.tasks.models import Project
from djirgo.tasks.models.roles import ProjectGone

logger = logging.getLogger(__name__)


def offer_waiting(at: datetime) -> bool:
    """Give out what somebody can take and no event has brought up: RabbitMQ is away, or somebody may log in again.

    A step for each project, so that none waits for another; answers whether there may be more.
    """
    steps = [_step(project, at) for project in with_work_to_give_out()]
    return STEP in steps


def _step(project: Project, at: datetime) -> int:
    """How many were given. What fails is left for the next time and holds up nothing."""
    try:
        with suppress(ProjectGone):
            return len(dispatch(project, at=at))
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("a project's work is not given out for now", extra={"project": project.pk})
    return 0
