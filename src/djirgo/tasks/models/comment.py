"""What people say about a task. That is no change of the task: its version stays, and its verbs do not wait for it.

A comment is written while its task is held, so that what happens to one task stays in one order.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models

from djirgo.accounts.models import User
from djirgo.errors import Missing
from djirgo.events.envelope import instant
from djirgo.tasks import events
from djirgo.tasks.models import rules
from djirgo.tasks.models.edits import LONGEST_TEXT, InvalidText
from djirgo.tasks.models.mention import Mention, people_named_in
from djirgo.tasks.models.rules import NotAllowed
from djirgo.tasks.models.task import Task
from djirgo.tasks.models.watch import Watch, watchers_of


class CommentGone(Missing):
    """It was deleted while somebody was about to change it."""


class CommentQuerySet(models.QuerySet["Comment"]):
    def to_be_shown(self) -> Self:
        """With the names of everybody who stands in them."""
        return self.select_related("author").prefetch_related("mentions")


class Comment(models.Model):
    task = models.ForeignKey(Task, models.CASCADE, related_name="comments", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="comments", db_index=False)
    text = models.TextField()
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(text=""), name="a_comment_says_something")]
        indexes = [models.Index(fields=["task", "id"], name="comment_task")]

    def __str__(self) -> str:
        return f"{self.author} on {self.task_id}: {self.text.partition(chr(10))[0][:80]}"

    @classmethod
    def add(cls, task: Task, text: str, *, by: User, at: datetime) -> "Comment":
        """Say something. Whoever does, and whom they mention, watch the task from now on."""
        comment = cls(task=task, author=by, text=checked_comment(text), created_at=at)
        with task._held():
            rules.require_worker(by, task.project)
            comment.save(force_insert=True)
            mentioned = comment._mention()
            Watch.objects.begin(task, [by, *mentioned])
            comment._tell(events.COMMENT_ADDED, by=by, at=at, mentioned=mentioned)
        return comment

    def edit(self, text: str, *, by: User, at: datetime) -> Self:
        """Say it otherwise. Who is mentioned now and was not before is told; nobody is told twice."""
        said = checked_comment(text)
        with self._held():
            rules.require_worker(by, self.task.project)
            if by.pk != self.author_id:
                raise NotAllowed("You may not edit this comment. Who may: its author.")
            before = self.shown()
            if said == self.text:
                return self
            self.text = said
            self.edited_at = max(at, self.edited_at or self.created_at)
            self.save(update_fields=["text", "edited_at"])
            mentioned = self._mention()
            Watch.objects.begin(self.task, mentioned)
            self._tell(events.COMMENT_EDITED, by=by, at=self.edited_at, mentioned=mentioned, before=before)
        return self

    def delete_for_good(self, *, by: User | None, at: datetime) -> None:
        """Erase it. The event that says so holds it as it was."""
        with self._held():
            self._check_who_deletes(by)
            self._tell(events.COMMENT_DELETED, by=by, at=at)
            self.delete()

    def shown(self) -> dict[str, Any]:
        """The comment as the API and the events show it."""
        return {
            "id": self.pk,
            "task": self.task_id,
            "author": self.author.username,
            "text": self.text,
            "mentions": [mention.user.username for mention in self.mentions.all()],
            "created_at": instant(self.created_at),
            "edited_at": self.edited_at and instant(self.edited_at),
        }

    # --- Its parts ------------------------------------------------------------------------------------------------

    @contextmanager
    def _held(self) -> Iterator[None]:
        """In a transaction, with the task held, and the comment as it is then."""
        task = self.task
        with task._held():
            try:
                self.refresh_from_db(from_queryset=Comment.objects.select_related("author"))
            except Comment.DoesNotExist:
                raise CommentGone("There is no such comment.") from None
            self.task = task
            yield

    def _check_who_deletes(self, by: User | None) -> None:
        if by is None:
            return
        rules.require_worker(by, self.task.project)
        if by.pk != self.author_id and not rules.manager(self.task, by):
            raise NotAllowed("You may not delete this comment. Who may: its author, manager.")

    def _mention(self) -> list[User]:
        """Keep who is mentioned; answer who was not before."""
        people = people_named_in(self.text, task=self.task, author=self.author)
        self.mentions.exclude(user__in=people).delete()
        before = set(self.mentions.values_list("user", flat=True))
        mentioned = [user for user in people if user.pk not in before]
        Mention.objects.bulk_create(Mention(comment=self, user=user) for user in mentioned)
        return mentioned

    def _tell(
        self,
        type_: str,
        *,
        by: User | None,
        at: datetime,
        mentioned: Sequence[User] = (),
        before: dict[str, Any] | None = None,
    ) -> None:
        task, comment = self.task.shown(now=at), self.shown()
        watchers = list(watchers_of(self.task).order_by("pk").values_list("username", flat=True))
        changed = events.changes(before or {}, comment)
        events.record_comment(type_, task=task, comment=comment, by=by, at=at, changed=changed, watchers=watchers)
        for user in mentioned:
            events.record_comment(
                events.USER_MENTIONED, task=task, comment=comment, by=by, at=at, changed={}, mentioned=user.username
            )


def checked_comment(text: str) -> str:
    """The text without the white space around it."""
    trimmed = text.strip()
    if not 0 < len(trimmed) <= LONGEST_TEXT:
        raise InvalidText(f"A comment says something in 1 to {LONGEST_TEXT:,} characters.", field="text")
    return trimmed
