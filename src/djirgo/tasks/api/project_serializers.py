"""What clients may say about projects and those who take part in them. These check; the domain does."""

from typing import Any

from rest_framework import serializers

from djirgo.accounts.models import User
from djirgo.rest.serializers import StrictSerializer, Text, Truth
from djirgo.tasks.api.serializers import LabelsField
from djirgo.tasks.models import Role, Status
from djirgo.tasks.models.membership import MOST_AT_ONCE
from djirgo.tasks.models.project import LONGEST_NAME

LONGEST_POLICY = 30


class RoleField(serializers.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Role.words(), **kwargs)

    def to_internal_value(self, data: Any) -> Role:  # type: ignore[override]
        return Role.of(super().to_internal_value(data))


class ProjectInput(StrictSerializer):
    """The fields that a project's managers write."""

    shown_only = frozenset({"id", "created_at", "role", "counts"})

    name = Text(max_length=LONGEST_NAME)
    is_open = Truth(
        required=False, help_text="Everybody who is logged in takes part. Otherwise it does not exist for strangers."
    )
    own_tasks_only = Truth(required=False, help_text="Members see the tasks that they own or perform, and no others.")
    policy = Text(max_length=LONGEST_POLICY, required=False, help_text="How tasks are given out.")


class MemberInput(StrictSerializer):
    """What may be written into a membership."""

    shown_only = frozenset({"id", "username", "is_bot", "load", "not_started", "handed_back"})

    role = RoleField(required=False)
    skills = LabelsField(required=False, help_text="Words that the labels of a task are matched with.")
    wip_limit = serializers.IntegerField(
        min_value=1,
        max_value=MOST_AT_ONCE,
        allow_null=True,
        required=False,
        help_text="How many open tasks of the project they are given at once; null is any number.",
    )
    available = Truth(required=False, help_text="Whether they may be given anything.")


class MemberEditsInput(MemberInput):
    """A change of a membership."""

    hand_back = Truth(required=False, help_text="Whether what they were given and have not begun goes back.")


class AdmissionInput(MemberInput):
    """Somebody new, or oneself."""

    shown_only = MemberInput.shown_only - {"username"}

    username = Text(max_length=150, help_text="A username, or `me`.")

    def validate_username(self, username: str) -> User:
        if username == "me":
            asking: User = self.context["request"].user
            return asking
        try:
            return User.objects.named(username).get(is_active=True)
        except User.DoesNotExist:
            raise serializers.ValidationError("Nobody has this username.", code="unknown_user") from None


class ProjectOutput(serializers.Serializer[Any]):
    """The project as `Project.shown` shows it, for the OpenAPI document. No project is ever sent through this."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    is_open = serializers.BooleanField()
    own_tasks_only = serializers.BooleanField()
    policy = serializers.CharField()
    created_at = serializers.DateTimeField()
    role = serializers.ChoiceField(Role.words(), help_text="What you are in it.")


class CountsOutput(serializers.Serializer[Any]):
    """How many tasks stand where."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {status.value: serializers.IntegerField() for status in Status}


class ProjectDetailOutput(ProjectOutput):
    """A single project; with the number of its tasks in each status, for those who see them all."""

    counts = CountsOutput(allow_null=True)


class MemberOutput(serializers.Serializer[Any]):
    """The membership as `Membership.shown` shows it, for the OpenAPI document. None is ever sent through this."""

    id = serializers.IntegerField(help_text="The user's.")
    username = serializers.CharField()
    is_bot = serializers.BooleanField()
    role = serializers.ChoiceField(Role.words())
    skills = serializers.ListField(child=serializers.CharField())
    wip_limit = serializers.IntegerField(allow_null=True)
    available = serializers.BooleanField()
    load = serializers.IntegerField(
        allow_null=True, help_text="How many open tasks of the project they have; null where you do not see them all."
    )


class ChangedMemberOutput(MemberOutput):
    """The membership after a change."""

    not_started = serializers.IntegerField(help_text="How many tasks they were given and have not begun.")
    handed_back = serializers.IntegerField(help_text="How many tasks went back with this change.")
