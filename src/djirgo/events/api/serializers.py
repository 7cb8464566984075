"""The envelope in the OpenAPI document."""

from typing import Any

from rest_framework import serializers


class EnvelopeOutput(serializers.Serializer[Any]):
    """A CloudEvents 1.0 event, as `envelope.envelope` writes it. No event is ever sent through this."""

    specversion = serializers.CharField()
    id = serializers.UUIDField(help_text="The same on every delivery.")
    source = serializers.CharField()  # type: ignore[assignment]
    type = serializers.CharField()
    subject = serializers.CharField()
    time = serializers.DateTimeField()
    datacontenttype = serializers.CharField()
    sequence = serializers.IntegerField(
        allow_null=True, help_text="The place in the log; null in a history for the moment before it has one."
    )
    data = serializers.JSONField()  # type: ignore[assignment]


class FeedOutput(serializers.Serializer[Any]):
    """A page of the feed."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = EnvelopeOutput(many=True)
