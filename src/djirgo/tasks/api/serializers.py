"""What clients may say about tasks. These check; the domain does."""

from typing import Any

from rest_framework import serializers

from djirgo.accounts.models import User
from djirgo.rest.serializers import Instant, StrictSerializer, Text
from djirgo.tasks.models import Priority, Status
from djirgo.tasks.models.label import LONGEST_LABEL, MOST_LABELS
from djirgo.tasks.models.task import LONGEST_TEXT, Edits
from djirgo.tasks.representation import SHOWN_ONLY

LONGEST_REASON = 1000


class EditsInput(StrictSerializer):
    """The fields that a task's owner writes."""

    shown_only = SHOWN_ONLY | {"task_status"}

    text = Text(max_length=LONGEST_TEXT, help_text="What there is to do; the first line is the title.")
    priority = serializers.ChoiceField(Priority.words(), required=False)
    labels = serializers.ListField(child=Text(max_length=LONGEST_LABEL), max_length=MOST_LABELS, required=False)
    due_at = Instant(allow_null=True, required=False)

    def validate_priority(self, word: str) -> Priority:
        return Priority.of(word)

    @property
    def edits(self) -> Edits:
        return {name: value for name, value in self.validated_data.items() if name != "task_status"}  # type: ignore[return-value]


class RevisionInput(EditsInput):
    """Edits, and the status as another name for the verbs."""

    shown_only = SHOWN_ONLY

    task_status = serializers.ChoiceField(Status.choices, required=False)

    @property
    def status(self) -> Status | None:
        word = self.validated_data.get("task_status")
        return Status(word) if word else None


class NothingInput(StrictSerializer):
    """A verb that needs no words."""


class AssignInput(StrictSerializer):
    performer = Text(max_length=150, allow_null=True, help_text="A username, `me`, or null to take it from everybody.")

    def validate_performer(self, username: str | None) -> User | None:
        if username is None:
            return None
        if username == "me":
            asking: User = self.context["request"].user
            return asking
        try:
            return User.objects.named(username).get(is_active=True)
        except User.DoesNotExist:
            raise serializers.ValidationError("Nobody has this username.", code="unknown_user") from None


class FailInput(StrictSerializer):
    reason = Text(max_length=LONGEST_REASON, allow_blank=True, default="")
    retry = serializers.BooleanField(default=True)


class TaskOutput(serializers.Serializer[Any]):
    """The task as `representation.represent` shows it, for the OpenAPI document. No task is ever sent through this."""

    id = serializers.IntegerField()
    text = serializers.CharField()
    task_status = serializers.ChoiceField(Status.choices)
    owner = serializers.CharField()
    performer = serializers.CharField(allow_null=True)
    pub_date = serializers.DateTimeField()
    perform_time = serializers.CharField(help_text="Time worked as HH:MM:SS; the hours may pass 99.")
    perform_seconds = serializers.IntegerField(help_text="Time worked.")
    is_running = serializers.BooleanField()
    updated_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    priority = serializers.ChoiceField(Priority.words())
    labels = serializers.ListField(child=serializers.CharField())
    due_at = serializers.DateTimeField(allow_null=True)
    ready = serializers.BooleanField(help_text="New, and nothing unfinished blocks it.")
    attempts = serializers.IntegerField()
    failure_reason = serializers.CharField(allow_null=True)
    version = serializers.IntegerField()
