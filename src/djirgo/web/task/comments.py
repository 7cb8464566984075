"""What people say about a task, and who wants to hear it."""

from django.shortcuts import get_object_or_404
from django.utils import timezone

from djirgo.tasks.models import Comment, Task, Watch
from djirgo.web.page import LARGEST_ID
from djirgo.web.task.forms import CommentForm
from djirgo.web.task.writing import Writing


class CommentView(Writing):
    part = "comment"

    @property
    def text(self) -> str:
        return CommentForm.text_of(self.request.POST)

    def comment(self, task: Task) -> Comment:
        pk = min(self.kwargs["comment"], LARGEST_ID)
        found: Comment = get_object_or_404(Comment.objects.to_be_shown().filter(task=task), pk=pk)
        found.task = task
        return found


class AddComment(CommentView):
    def write(self, task: Task) -> None:
        Comment.add(task, self.text, by=self.request.user, at=timezone.now())


class EditComment(CommentView):
    def write(self, task: Task) -> None:
        self.comment(task).edit(self.text, by=self.request.user, at=timezone.now())


class DeleteComment(CommentView):
    def write(self, task: Task) -> None:
        self.comment(task).delete_for_good(by=self.request.user, at=timezone.now())


class WatchTask(CommentView):
    """Whether somebody is told of what is said."""

    def write(self, task: Task) -> None:
        Watch.say(task, "watch" in self.request.POST, by=self.request.user)
