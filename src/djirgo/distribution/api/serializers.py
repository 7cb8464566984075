"""What clients may say about distribution, and what they are told."""

from typing import Any

from rest_framework import serializers

from djirgo.distribution.dispatch import Offer
from djirgo.distribution.distribute import Outcome
from djirgo.distribution.why import Cause, Why
from djirgo.rest.serializers import StrictSerializer
from djirgo.tasks.models import Task


class DistributeParameters(StrictSerializer):
    """What may stand behind the `?`."""

    dry_run = serializers.ChoiceField(["true", "false"], default="false")


class DistributeInput(StrictSerializer):
    """There is nothing to say."""


class OfferOutput(serializers.Serializer[Any]):
    task = serializers.IntegerField()
    performer = serializers.CharField()
    rule = serializers.CharField(help_text="The project's policy.")
    reason = serializers.CharField(help_text="Why this performer.")


class WhyOutput(serializers.Serializer[Any]):
    code = serializers.ChoiceField([cause.value for cause in Cause])
    detail = serializers.CharField()
    skills = serializers.ListField(child=serializers.CharField(), help_text="With `skills_missing`: which.")


class WaitingOutput(serializers.Serializer[Any]):
    task = serializers.IntegerField()
    why = WhyOutput()


class DistributedOutput(serializers.Serializer[Any]):
    """What was given out, and why the rest waits."""

    given = OfferOutput(many=True)
    waiting = WaitingOutput(many=True)
    more = serializers.BooleanField(help_text="Whether more waits than is shown.")


class RehearsedOutput(serializers.Serializer[Any]):
    """What would be given out, and why the rest would wait."""

    would_give = OfferOutput(many=True)
    waiting = WaitingOutput(many=True)
    more = serializers.BooleanField(help_text="Whether more waits than is shown.")


def show(outcome: Outcome, *, given_as: str) -> dict[str, Any]:
    return {
        given_as: [_offer(offer) for offer in outcome.given],
        "waiting": [_waiting(task, why) for task, why in outcome.waiting],
        "more": outcome.more,
    }


def _offer(offer: Offer) -> dict[str, Any]:
    return {
        "task": offer.task.pk,
        "performer": offer.performer.username,
        "rule": offer.rule,
        "reason": offer.reason,
    }


def _waiting(task: Task, why: Why) -> dict[str, Any]:
    return {"task": task.pk, "why": {"code": why.cause, "detail": why.detail, "skills": why.skills}}
