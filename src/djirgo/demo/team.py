"""The people, the bot and the projects of the demonstration."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from djirgo.accounts.models import User
from djirgo.demo.cast import BOT, HOUSE, PEOPLE, SHOP, Person
from djirgo.tasks.models import Project, Role


@dataclass
class Team:
    password: str
    users: dict[str, User]
    shop: Project
    house: Project

    @property
    def founder(self) -> User:
        return self.users[PEOPLE[0].name]

    @property
    def bot(self) -> User:
        return self.users[BOT.name]


def gather(*, at: datetime) -> Team:
    """One password for all of them, which nobody else knows."""
    password = secrets.token_urlsafe(9)
    users = {person.name: _user(person, password, at) for person in PEOPLE}
    founder = users[PEOPLE[0].name]
    users[BOT.name] = User.create_bot(BOT.name, by=founder, at=at)
    shop = Project.create(name=SHOP, policy="least_loaded", by=founder, at=at)
    house = Project.create(name=HOUSE, by=founder, at=at)
    for person in (*PEOPLE, BOT):
        _take_in(shop, users[person.name], person, founder, at)
    for person in PEOPLE[1:]:
        house.admit(users[person.name], by=founder, at=at)
    return Team(password, users, shop, house)


def _user(person: Person, password: str, at: datetime) -> User:
    return User.objects.create_user(person.name, password=password, date_joined=at)


def _take_in(project: Project, user: User, person: Person, founder: User, at: datetime) -> None:
    if user == founder:
        project.change_member(user, skills=list(person.skills), wip_limit=person.limit, by=founder, at=at)
    else:
        role = Role.MANAGER if person == PEOPLE[1] else Role.MEMBER
        project.admit(user, role=role, skills=list(person.skills), wip_limit=person.limit, by=founder, at=at)
