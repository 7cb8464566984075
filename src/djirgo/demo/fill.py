"""Filling an installation that nobody uses yet with a team and a month of its work."""

from datetime import datetime, timedelta

from django.db import transaction

from djirgo.accounts.models import User
from djirgo.demo.cast import BOT, PEOPLE
from djirgo.demo.month import DAYS, Month
from djirgo.demo.team import Team, gather
from djirgo.tasks.models import Task


class NotEmpty(Exception):
    """Somebody works here already."""


class AlreadyThere(Exception):
    """People of these names have accounts."""


@transaction.atomic
def fill(*, now: datetime, days: int = DAYS, beside_others: bool = False) -> Team:
    """All of it or nothing."""
    if not beside_others and Task.objects.exists():
        raise NotEmpty("There are tasks here already. Say --beside-others to put the demonstration beside them.")
    names = [person.name for person in (*PEOPLE, BOT)]
    if taken := [name for name in names if User.objects.named(name).exists()]:
        raise AlreadyThere(f"Somebody here is called {', '.join(taken)} already.")
    team = gather(at=now - timedelta(days=days + 1))
    Month(team, now, days).play()
    return team
