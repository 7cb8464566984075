"""Many tasks in one request: all of it or nothing, and every error with its index."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from djirgo.accounts.models import User
from djirgo.rest.response import Response
from djirgo.rest.serializers import StrictSerializer, Text
from djirgo.rest.views import GenericAPIView
from djirgo.tasks.api.serializers import (
    LARGEST_ID,
    LONGEST_REASON,
    AssignInput,
    EditsInput,
    FailInput,
    NothingInput,
    RevisionInput,
    TasksOutput,
    VerbInput,
)
from djirgo.tasks.bulk import MOST_AT_ONCE, Change, change_many
from djirgo.tasks.clock import database_now
from djirgo.tasks.models import Task, Verb
from djirgo.tasks.models.edits import LONGEST_TEXT

#: What may be said to each verb.
WORDS: dict[Verb, type[StrictSerializer]] = {
    Verb.ASSIGN: AssignInput,
    Verb.START: NothingInput,
    Verb.PAUSE: VerbInput,
    Verb.RESUME: VerbInput,
    Verb.RELEASE: VerbInput,
    Verb.COMPLETE: VerbInput,
    Verb.FAIL: FailInput,
    Verb.CANCEL: VerbInput,
    Verb.REOPEN: NothingInput,
}
PLACE = ("id", "version", "verb")


class PlaceInput(StrictSerializer):
    """Which task, at which version, and, where it is a verb, which."""

    id = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    version = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST_ID,
        required=False,
        help_text="The change happens at this version, or not at all.",
    )
    verb = serializers.ChoiceField(
        [verb.value for verb in WORDS],
        required=False,
        help_text="With its words beside it; without it these are edits.",
    )


class ChangeInput(PlaceInput, RevisionInput):
    """A verb with its words, or edits and the status as another name for the verbs."""

    text = Text(max_length=LONGEST_TEXT, required=False)
    performer = Text(max_length=150, allow_null=True, required=False)
    reason = Text(max_length=LONGEST_REASON, allow_blank=True, required=False)
    retry = serializers.BooleanField(required=False)


class BulkView(GenericAPIView):
    """Up to 1,000 tasks at once."""

    serializer_class = TasksOutput

    @extend_schema(operation_id="tasks_bulk_create", request=EditsInput(many=True), responses={201: TasksOutput})
    def post(self, request: Request) -> Response:  # type: ignore[override]
        """Put tasks in."""
        said: Any = EditsInput(data=request.data, many=True, **self._bounds(request))
        said.is_valid(raise_exception=True)
        now = timezone.now()
        each = [EditsInput.edits_of(words) for words in said.validated_data]
        tasks = Task.create_many(each, by=request.user, at=now)  # type: ignore[arg-type]
        return Response({"results": [task.shown(now=now) for task in tasks]}, status.HTTP_201_CREATED)

    @extend_schema(operation_id="tasks_bulk_change", request=ChangeInput(many=True), responses=TasksOutput)
    def patch(self, request: Request) -> Response:
        """Change tasks, by edits or by verbs."""
        changes = self._changes(request)
        now = database_now()
        tasks = change_many(changes, by=request.user, at=now)  # type: ignore[arg-type]
        return Response({"results": [task.shown(now=now) for task in tasks]})

    def _bounds(self, request: Request) -> dict[str, Any]:
        return {"allow_empty": False, "max_length": MOST_AT_ONCE, "context": {"request": request}}

    def _changes(self, request: Request) -> list[Change]:
        outline: Any = serializers.ListSerializer(
            data=request.data, child=serializers.DictField(), **self._bounds(request)
        )
        outline.is_valid(raise_exception=True)
        context: dict[str, Any] = {"request": request}
        errors: Any = {}
        changes: list[Change] = []
        for index, said in enumerate(outline.validated_data):
            try:
                changes.append(_change(said, context))
            except ValidationError as wrong:
                errors[index] = wrong.detail
        if errors:
            raise ValidationError(errors)
        _refuse_repeated(changes)
        return changes


def _change(said: dict[str, Any], context: dict[str, Any]) -> Change:
    place = PlaceInput(data={name: said[name] for name in PLACE if name in said})
    place.is_valid(raise_exception=True)
    words = {name: value for name, value in said.items() if name not in PLACE}
    verb = place.validated_data.get("verb")
    do = _verb(Verb(verb), words, context) if verb else _revision(words, context)
    return Change(place.validated_data["id"], place.validated_data.get("version"), do, "blocked_by" in words)


def _verb(verb: Verb, words: dict[str, Any], context: dict[str, Any]) -> Callable[[Task, User, datetime], Task]:
    said = WORDS[verb](data=words, context=context)
    said.is_valid(raise_exception=True)
    return lambda task, by, at: getattr(task, verb)(**said.validated_data, by=by, at=at)


def _revision(words: dict[str, Any], context: dict[str, Any]) -> Callable[[Task, User, datetime], Task]:
    said = RevisionInput(data=words, partial=True, context=context)
    said.is_valid(raise_exception=True)
    return lambda task, by, at: task.revise(said.status, lease=said.token, by=by, at=at, **said.edits)


def _refuse_repeated(changes: list[Change]) -> None:
    seen: set[int] = set()
    for index, change in enumerate(changes):
        if change.task in seen:
            raise ValidationError({str(index): {"id": [ErrorDetail("Name a task once.", "repeated")]}})
        seen.add(change.task)
