"""Comments over HTTP: each view checks what was said, makes one call to the domain, and shows the comment."""

from typing import Any, ClassVar

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request

from djirgo.rest.pages import Ordering
from djirgo.rest.response import Response
from djirgo.rest.serializers import StrictSerializer, Text
from djirgo.rest.views import GenericViewSet
from djirgo.tasks.models import Comment, Task
from djirgo.tasks.models.comment import CommentQuerySet
from djirgo.tasks.models.edits import LONGEST_TEXT

ID = r"\d{1,18}"


class CommentInput(StrictSerializer):
    shown_only = frozenset({"id", "task", "author", "mentions", "created_at", "edited_at"})

    text = Text(max_length=LONGEST_TEXT, help_text="Each `@username` of somebody who sees the task mentions them.")


class CommentOutput(serializers.Serializer[Any]):
    """The comment as `Comment.shown` has it, for the OpenAPI document. No comment is ever sent through this."""

    id = serializers.IntegerField()
    task = serializers.IntegerField()
    author = serializers.CharField()
    text = serializers.CharField()
    mentions = serializers.ListField(child=serializers.CharField(), help_text="Usernames.")
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)


@extend_schema(parameters=[OpenApiParameter("task", {"type": "string", "pattern": f"^{ID}$"}, OpenApiParameter.PATH)])
class CommentViewSet(GenericViewSet):
    lookup_value_regex = ID
    queryset = Comment.objects.all()
    serializer_class = CommentOutput
    orderings: ClassVar[tuple[Ordering, ...]] = (Ordering("id", "id", False),)

    def list(self, request: Request, task: str) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([comment.shown() for comment in page or ()])

    def retrieve(self, request: Request, task: str, pk: str) -> Response:
        return Response(self._comment().shown())

    @extend_schema(request=CommentInput, responses={201: CommentOutput})
    def create(self, request: Request, task: str) -> Response:
        text = self._text()
        comment = Comment.add(self._task(), text, by=request.user, at=timezone.now())  # type: ignore[arg-type]
        location = request.build_absolute_uri(f"/api/tasks/{comment.task_id}/comments/{comment.pk}/")
        return Response(comment.shown(), status=status.HTTP_201_CREATED, headers={"Location": location})

    @extend_schema(request=CommentInput, responses=CommentOutput)
    def partial_update(self, request: Request, task: str, pk: str) -> Response:
        text = self._text()
        return Response(self._comment().edit(text, by=request.user, at=timezone.now()).shown())  # type: ignore[arg-type]

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, task: str, pk: str) -> Response:
        self._comment().delete_for_good(by=request.user, at=timezone.now())  # type: ignore[arg-type]
        return Response(status=status.HTTP_204_NO_CONTENT)

    def get_queryset(self) -> CommentQuerySet:
        comments: CommentQuerySet = Comment.objects.filter(task=self._task().pk)
        return comments.to_be_shown()

    def _task(self) -> Task:
        """Who does not see the task is told that there is none."""
        task = Task.objects.visible_to(self.request.user).filter(pk=self.kwargs["task"]).first()
        if task is None:
            raise Http404
        return task

    def _comment(self) -> Comment:
        comment = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if comment is None:
            raise Http404
        return comment

    def _text(self) -> str:
        said = CommentInput(data=self.request.data)
        said.is_valid(raise_exception=True)
        return str(said.validated_data["text"])
