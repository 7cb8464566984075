"""A bot that keeps working: it takes what is for it, works on it for a while, and now and then puts something in."""

import random
from collections.abc import Callable
from datetime import datetime

from djirgo.accounts.models import User
from djirgo.demo.cast import BOT, NIGHTLY, SHOP
from djirgo.tasks.claim import Wish, claim
from djirgo.tasks.clock import database_now
from djirgo.tasks.models import Project, Task

LEASE = 120
LONGEST = 20.0


class NobodyThere(Exception):
    """The demonstration is not on this installation."""


def find() -> tuple[User, Project]:
    bot = User.objects.named(BOT.name).filter(is_bot=True, is_active=True).first()
    project = Project.objects.filter(name=SHOP, memberships__user=bot).first() if bot else None
    if bot is None or project is None:
        raise NobodyThere("There is no demonstration here. Run djirgo demo first.")
    return bot, project


def keep_working(
    bot: User,
    project: Project,
    *,
    wait: Callable[[float], bool],
    tell: Callable[[str], None],
    now: Callable[[], datetime],
) -> None:
    """Until `wait`, which is told for how many seconds, says that it is over."""
    chance = random.Random()  # noqa: S311  it decides about nothing
    while not wait(chance.uniform(1, 5)):
        found = claim(Wish(bot, project, labels=BOT.skills), at=database_now(), lease_seconds=LEASE)
        if not found:
            text, labels = chance.choice(NIGHTLY)
            Task.create(text=text, labels=list(labels), project=project, by=bot, at=now())
            continue
        (task,) = found
        tell(f"works on #{task.pk}: {task.title}")
        is_over = wait(chance.uniform(3, LONGEST))
        task.complete(by=bot, at=database_now(), lease=task.lease_token)
        if is_over:
            return
