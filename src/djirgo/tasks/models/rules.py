"""Who may do what with a task: one table, asked by every door."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from djirgo.accounts.models import User
from djirgo.errors import Forbidden
from djirgo.tasks.models.membership import Role
from djirgo.tasks.models.project import Project
from djirgo.tasks.models.status import Verb

if TYPE_CHECKING:
    from djirgo.tasks.models.door import Guarded

Rule = Callable[["Guarded", User], bool]


class NotAllowed(Forbidden):
    code = "not_allowed"


def owner(task: "Guarded", user: User) -> bool:
    return task.owner_id == user.pk


def performer(task: "Guarded", user: User) -> bool:
    return task.performer_id == user.pk


def manager(task: "Guarded", user: User) -> bool:
    return (task.project.role_of(user) or Role.VIEWER) >= Role.MANAGER


def whoever_worked(task: "Guarded", user: User) -> bool:
    return task.intervals.filter(performer=user).exists()


def anyone_while_free(task: "Guarded", user: User) -> bool:
    """A task that somebody has is theirs."""
    return task.performer_id in (None, user.pk)


ALLOWED: dict[Verb, tuple[Rule, ...]] = {
    Verb.ASSIGN: (owner, manager),
    Verb.START: (anyone_while_free,),
    Verb.PAUSE: (performer,),
    Verb.RESUME: (performer,),
    Verb.RELEASE: (performer, owner, manager),
    Verb.COMPLETE: (performer, manager),
    Verb.FAIL: (performer,),
    Verb.CANCEL: (owner, manager),
    Verb.REOPEN: (owner, performer, manager),
    Verb.EXPIRE: (),
    Verb.EDIT: (owner, manager),
    Verb.CORRECT: (performer, whoever_worked, manager),
    Verb.DELETE: (owner, manager),
}


def may(user: User | None, verb: Verb, task: "Guarded") -> bool:
    """Whether the rules let them. Nobody is Djirgo itself, which may do what its jobs ask of it."""
    if user is None:
        return True
    return task.project.is_worked_on_by(user) and any(rule(task, user) for rule in ALLOWED[verb])


def require(user: User | None, verb: Verb, task: "Guarded") -> None:
    if user is not None and not may(user, verb, task):
        require_worker(user, task.project)
        who = ", ".join(rule.__name__.replace("_", " ") for rule in ALLOWED[verb])
        raise NotAllowed(f"You may not {verb} this task. Who may: {who}.")


def require_worker(user: User, project: Project) -> None:
    """Whoever only looks on, or is a stranger, does nothing with the tasks of a project."""
    if not project.is_worked_on_by(user):
        raise NotAllowed("You take no part in the work of this project.")
