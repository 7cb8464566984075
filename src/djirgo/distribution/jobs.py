"""What has to be done about distribution now and then."""

from contextlib import suppress
from datetime import datetime

from djirgo.distribution.dispatch import STEP, dispatch, with_work_to_give_out
from djirgo.tasks.models import Project
from djirgo.tasks.models.project import ProjectGone

#: As many are given out of one project in one go, so that the others have their turn, and other jobs theirs.
MOST = 500


def offer_waiting(at: datetime) -> int:
    """Give out what somebody can take and no event has brought up: RabbitMQ is away, or somebody may log in again."""
    return sum(_offer(project, at) for project in with_work_to_give_out())


def _offer(project: Project, at: datetime) -> int:
    given = 0
    with suppress(ProjectGone):
        while given < MOST and (step := len(dispatch(project, at=at))):
            given += step
            if step < STEP:
                break
    return given
