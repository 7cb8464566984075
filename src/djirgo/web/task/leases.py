"""The lease of a task that was taken in this browser: its token is kept there, in a cookie that goes with the task."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from djirgo.tasks.models import Task

#: For how long one can take a task at a time, in seconds.
CHOICES = (900, 3600, 4 * 3600)


def token_of(request: HttpRequest, task: Task) -> str | None:
    """The token, as long as the task is leased to whoever asks."""
    is_theirs = task.is_leased and request.user.is_authenticated and task.performer_id == request.user.pk
    return request.COOKIES.get(name_of(task)) if is_theirs else None


def seconds_left(task: Task, now: datetime) -> int:
    return max(0, int((task.lease_expires_at - now).total_seconds())) if task.lease_expires_at else 0


def keep(answer: HttpResponse, request: HttpRequest, task: Task, token: str) -> None:
    if task.lease_expires_at is None:
        return
    answer.set_cookie(
        name_of(task),
        token,
        max_age=max(1, seconds_left(task, timezone.now())),
        path=f"/tasks/{task.pk}/",
        httponly=True,
        samesite="Strict",
        secure=request.is_secure(),
    )


def name_of(task: Task) -> str:
    return f"lease-{task.pk}"
