"""What: projects and their tasks, the verbs that move them, and the time that they take."""

from djirgo.tasks.models.attempt import Attempt
from djirgo.tasks.models.comment import Comment
from djirgo.tasks.models.correction import Correction
from djirgo.tasks.models.count import CountChange, TaskCount
from djirgo.tasks.models.dependency import Dependency
from djirgo.tasks.models.label import Label
from djirgo.tasks.models.membership import Membership, Role
from djirgo.tasks.models.mention import Mention
from djirgo.tasks.models.project import Project
from djirgo.tasks.models.status import Priority, Status, Verb
from djirgo.tasks.models.task import Task
from djirgo.tasks.models.watch import Watch
from djirgo.tasks.models.work import WorkInterval

__all__ = [
    "Attempt",
    "Comment",
    "Correction",
    "CountChange",
    "Dependency",
    "Label",
    "Membership",
    "Mention",
    "Priority",
    "Project",
    "Role",
    "Status",
    "Task",
    "TaskCount",
    "Verb",
    "Watch",
    "WorkInterval",
]
