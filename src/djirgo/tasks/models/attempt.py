"""The attempts that were spent on a task: by giving up, or by vanishing."""

from django.conf import settings
from django.db import models


class Attempt(models.Model):
    """Somebody had the task and did not finish it."""

    task = models.ForeignKey("tasks.Task", models.CASCADE, related_name="spent_attempts")
    performer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    spent_at = models.DateTimeField()
    #: The lease ran out; otherwise the performer said that it failed.
    is_expiry = models.BooleanField()
    #: Whether the task came back for another one.
    comes_back = models.BooleanField()
    reason = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["spent_at"], name="attempt_spent")]

    def __str__(self) -> str:
        return f"{self.performer} at {self.spent_at}: {self.reason or 'no reason'}"
