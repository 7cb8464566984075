"""What: tasks, the verbs that move them, and the time that they take."""

from djirgo.tasks.models.count import TaskCount
from djirgo.tasks.models.label import Label
from djirgo.tasks.models.status import Priority, Status, Verb
from djirgo.tasks.models.task import Task
from djirgo.tasks.models.work import WorkInterval

__all__ = ["Label", "Priority", "Status", "Task", "TaskCount", "Verb", "WorkInterval"]
