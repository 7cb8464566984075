"""What clients may say about tasks. These check; the domain does."""

from typing import Any

from rest_framework import serializers

from djirgo.accounts.models import User
from djirgo.rest.serializers import Instant, Number, StrictSerializer, Text
from djirgo.tasks.models import Priority, Project, Status
from djirgo.tasks.models.dependency import MOST_BLOCKERS
from djirgo.tasks.models.edits import LONGEST_TEXT, Edits
from djirgo.tasks.models.label import LONGEST_LABEL, MOST_LABELS
from djirgo.tasks.models.lease import LONGEST_LEASE, SHORTEST_LEASE
from djirgo.tasks.representation import SHOWN_ONLY

LONGEST_REASON = 1000
LONGEST_TOKEN = 100
LONGEST_WAIT = 20
MOST_CLAIMS = 100
LARGEST_ID = 2**63 - 1


class ProjectField(serializers.IntegerField):
    """The id of a project that whoever asks may see. One that they may not is not there."""

    default_error_messages = {"unknown_project": "There is no such project."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        project_id = super().run_validation(data)
        # A thousand tasks of one project ask for it once.
        known: dict[int, Project | None] = self.context.setdefault("projects", {})  # type: ignore[attr-defined]
        if project_id not in known:
            visible = Project.objects.visible_to(self.context["request"].user)
            known[project_id] = visible.filter(pk=project_id).first()
        return known[project_id] or self.fail("unknown_project")


class LabelsField(serializers.ListField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=Text(max_length=LONGEST_LABEL), max_length=MOST_LABELS, **kwargs)


class LeaseSeconds(serializers.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=SHORTEST_LEASE, max_value=LONGEST_LEASE, **kwargs)


class Lease(Text):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_TOKEN, help_text="The token that the claim has answered.", **kwargs)


class LeaseSentBack(Lease):
    """A token; or what the task shows as its lease, which says nothing when it comes back."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is None or isinstance(data, dict):
            raise serializers.SkipField
        return super().run_validation(data)


class EditsInput(StrictSerializer):
    """The fields that a task's owner writes."""

    shown_only = SHOWN_ONLY | {"task_status"}

    text = Text(max_length=LONGEST_TEXT, help_text="What there is to do; the first line is the title.")
    priority = serializers.ChoiceField(Priority.words(), required=False)
    project = ProjectField(required=False, help_text="The open project General where nothing is said.")
    labels = LabelsField(required=False)
    due_at = Instant(allow_null=True, required=False)
    blocked_by = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID),
        max_length=MOST_BLOCKERS,
        required=False,
        help_text="Ids of tasks of the same project that have to be finished first.",
    )

    def validate_priority(self, word: str) -> Priority:
        return Priority.of(word)

    @property
    def edits(self) -> Edits:
        return self.edits_of(self.validated_data)

    @staticmethod
    def edits_of(words: dict[str, Any]) -> Edits:
        """What of these words is an edit, and no other word for a verb."""
        return {name: value for name, value in words.items() if name not in ("task_status", "lease")}  # type: ignore[return-value]


class RevisionInput(EditsInput):
    """Edits, and the status as another name for the verbs, which need the lease where there is one."""

    shown_only = SHOWN_ONLY - {"lease"}

    task_status = serializers.ChoiceField(Status.choices, required=False)
    lease = LeaseSentBack(required=False)

    @property
    def token(self) -> str | None:
        token: str | None = self.validated_data.get("lease")
        return token

    @property
    def status(self) -> Status | None:
        word = self.validated_data.get("task_status")
        return Status(word) if word else None


class NothingInput(StrictSerializer):
    """A verb that needs no words."""


class VerbInput(StrictSerializer):
    """A verb that needs the lease, where the task is leased."""

    lease = Lease(required=False)


class AssignInput(VerbInput):
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


class FailInput(VerbInput):
    reason = Text(max_length=LONGEST_REASON, allow_blank=True, default="")
    retry = serializers.BooleanField(default=True)


class ClaimThisInput(StrictSerializer):
    lease_seconds = LeaseSeconds(
        required=False, help_text="For how long. A bot that says nothing gets 300; a person, no lease."
    )


class ClaimInput(ClaimThisInput):
    """What to take from the queue."""

    project = ProjectField(required=False, help_text="Of any project that you work in where nothing is said.")
    labels = LabelsField(required=False, help_text="Only what carries all of these.")
    wait_seconds = Number(
        min_value=0, max_value=LONGEST_WAIT, default=0, help_text="How long to wait where there is nothing."
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=MOST_CLAIMS, required=False, help_text="How many; the answer is then a list."
    )


class RenewInput(StrictSerializer):
    lease = Lease()
    lease_seconds = LeaseSeconds(required=False, help_text="As long as before where nothing is said.")


class LeaseOutput(serializers.Serializer[Any]):
    """Until when the task is leased. The token is only in the answer to whoever claimed."""

    expires_at = serializers.DateTimeField()
    token = serializers.CharField(required=False)


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
    project = serializers.IntegerField()
    priority = serializers.ChoiceField(Priority.words())
    labels = serializers.ListField(child=serializers.CharField())
    due_at = serializers.DateTimeField(allow_null=True)
    blocked_by = serializers.ListField(child=serializers.IntegerField())
    ready = serializers.BooleanField(help_text="New, and nothing unfinished blocks it.")
    lease = LeaseOutput(allow_null=True)
    attempts = serializers.IntegerField()
    failure_reason = serializers.CharField(allow_null=True)
    version = serializers.IntegerField()


class TasksOutput(serializers.Serializer[Any]):
    """Several tasks at once."""

    results = TaskOutput(many=True)
