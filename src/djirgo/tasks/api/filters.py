"""What a list of tasks can be narrowed to."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError

from djirgo.accounts.models import User
from djirgo.rest.serializers import in_range
from djirgo.rest.views import PAGE_PARAMETERS
from djirgo.tasks.api.serializers import LARGEST_ID
from djirgo.tasks.asked import CommonList
from djirgo.tasks.models import Priority, Status, Task
from djirgo.tasks.models.queryset import TaskQuerySet

PLAIN_ID = re.compile(r"[1-9][0-9]{0,17}")
YES_OR_NO = [("true", "true"), ("false", "false")]


def can_be_kept(instant: datetime) -> None:
    if in_range(instant) is None:
        raise ValidationError("An instant lies between the years 1900 and 9998.", code="range")


class InstantFilter(django_filters.IsoDateTimeFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, validators=[can_be_kept], **kwargs)


class IdFilter(django_filters.Filter):
    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=LARGEST_ID, **kwargs)


class TaskFilter(django_filters.FilterSet):
    task_status = django_filters.ChoiceFilter(field_name="status", choices=Status.choices)
    owner = django_filters.CharFilter(method="owned_by", max_length=150)
    performer = django_filters.CharFilter(method="performed_by", max_length=150)
    project = IdFilter(field_name="project_id")
    watcher = django_filters.CharFilter(method="watched", max_length=150)
    label = django_filters.CharFilter(method="labelled", max_length=50)
    priority = django_filters.ChoiceFilter(method="of_priority", choices=[(word, word) for word in Priority.words()])
    ready = django_filters.ChoiceFilter(method="readiness", choices=YES_OR_NO)
    due_before = InstantFilter(method="due_earlier")
    due_after = InstantFilter(method="due_later")
    updated_since = InstantFilter(field_name="updated_at", lookup_expr="gte")
    search = django_filters.CharFilter(method="found", max_length=200)

    class Meta:
        model = Task
        fields: list[str] = []

    def owned_by(self, tasks: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        return tasks.filter(owner_id=self._user_id(value))

    def performed_by(self, tasks: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        return tasks.filter(performer=None) if value == "none" else tasks.filter(performer_id=self._user_id(value))

    def watched(self, tasks: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        """No single index knows them: `TaskViewSet.lists` asks for them as several lists."""
        return tasks

    def labelled(self, tasks: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        return tasks.labelled(value)

    def of_priority(self, tasks: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        return tasks.filter(priority=Priority.of(value))

    def readiness(self, tasks: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        return tasks.ready() if value == "true" else tasks.not_ready()

    def due_earlier(self, tasks: TaskQuerySet, name: str, value: datetime) -> TaskQuerySet:
        return tasks.due_before(value)

    def due_later(self, tasks: TaskQuerySet, name: str, value: datetime) -> TaskQuerySet:
        return tasks.due_after(value)

    def found(self, tasks: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        return tasks.matching(value)

    def _user_id(self, username: str) -> int:
        """The id behind a username, asked for beforehand, so that the database plans for this very user."""
        user = user_named(username, self.request.user)
        return user.pk if user else 0


STATUSES = frozenset(Status.values)
#: What most lists are narrowed to, and how it is read: None is for the filters above to refuse or to understand.
COMMON: dict[str, Callable[[str, User], Any]] = {
    "task_status": lambda text, asking: text if text in STATUSES else None,
    "owner": lambda text, asking: asking.pk if text == "me" else None,
    "performer": lambda text, asking: asking.pk if text == "me" else None,
    "project": lambda text, asking: int(text) if PLAIN_ID.fullmatch(text) else None,
    "priority": lambda text, asking: Priority.of(text) if text in Priority.words() else None,
}


def common_list(said: Mapping[str, str], asking: User) -> CommonList | None:
    """The list that is asked for, if it is one of the common ones."""
    values: dict[str, Any] = {}
    for name in said.keys() - PAGE_PARAMETERS:
        values[name] = COMMON[name](said[name], asking) if name in COMMON else None
        if values[name] is None:
            return None
    return CommonList(asking, values)


def user_named(username: str, asking: User) -> User | None:
    """Whoever is meant where a list is asked for by a name."""
    return asking if username == "me" else User.objects.named(username).first()
