"""`djirgo project`, and projects called by their names."""

from argparse import Namespace

from djirgo.cli.remote.screen import Screen
from djirgo.client import Djirgo, DjirgoError


class NoSuchProject(DjirgoError):
    """The name is one of none that can be seen."""


def list_(client: Djirgo, said: Namespace, screen: Screen) -> int:
    projects = client.projects()
    if screen.as_json:
        for project in projects:
            screen.document(project.said)
        return 0
    rows = [
        (str(project.id), project.policy, project.role or "", "open" if project.is_open else "", project.name)
        for project in projects
    ]
    screen.table(("id", "policy", "your role", "open", "name"), rows, giving_way=("name",))
    return 0


def project_id(client: Djirgo, said: str | None) -> int | None:
    """The id that is said, or the one behind the name that is."""
    if said is None:
        return None
    if said.isascii() and said.isdigit():
        return int(said)
    found = next((project for project in client.projects() if project.name.casefold() == said.casefold()), None)
    if found is None:
        raise NoSuchProject(f"You see no project of the name {said!r}.")
    return found.id
