"""What is taken in, checked without the database; and what became of it, for the OpenAPI document."""

from typing import Any

from rest_framework import serializers

from djirgo.tasks.api.serializers import LARGEST_ID, EditsInput, TaskOutput


class AcceptedInput(EditsInput):
    """As for any new task, but whether there is such a project is found out when it is written."""

    project = serializers.IntegerField(  # type: ignore[assignment]
        min_value=1, max_value=LARGEST_ID, required=False
    )


class ErrorOutput(serializers.Serializer[Any]):
    field = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class IntakeOutput(serializers.Serializer[Any]):
    """What became of a request that was answered 202."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(["pending", "applied", "rejected"])
    task = TaskOutput(required=False, allow_null=True, help_text="Once applied; null when it is gone again.")
    tasks = TaskOutput(required=False, many=True, help_text="Once applied, where a list was sent.")
    errors = ErrorOutput(  # type: ignore[assignment]
        required=False, many=True, help_text="Once rejected."
    )
