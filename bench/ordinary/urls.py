"""Serializer, view set, router: an afternoon's work."""

from typing import Any

from django.db import transaction
from django.urls import include, path
from django.utils import timezone
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework_simplejwt.views import TokenObtainPairView

from bench.ordinary.models import Event, Interval, Task


class TaskSerializer(serializers.ModelSerializer[Task]):
    owner = serializers.SlugRelatedField(slug_field="username", read_only=True)
    performer = serializers.SlugRelatedField(slug_field="username", read_only=True)
    task_status = serializers.CharField(source="status", required=False)
    is_running = serializers.SerializerMethodField()
    perform_seconds = serializers.SerializerMethodField()

    class Meta:
        model = Task
        exclude = ("status", "is_blocked", "blocks_others", "is_assigned_by_a_person", "running_since", "label_set")
        read_only_fields = ("started_at", "completed_at", "worked_microseconds", "attempts", "version", "blocked_by")

    def get_is_running(self, task: Task) -> bool:
        return task.running_since is not None

    def get_perform_seconds(self, task: Task) -> int:
        return task.worked_microseconds // 1_000_000


class TaskViewSet(viewsets.ModelViewSet[Task]):
    queryset = Task.objects.all().order_by("-id")
    serializer_class = TaskSerializer
    filterset_fields = ("status", "owner", "performer", "priority")

    def filter_queryset(self, queryset: Any) -> Any:
        queryset = super().filter_queryset(queryset)
        wanted = self.request.query_params.get("task_status")
        return queryset.filter(status=wanted) if wanted else queryset

    @transaction.atomic
    def perform_create(self, serializer: Any) -> None:
        task = serializer.save(owner=self.request.user)
        self._tell("task.created", task, serializer.data)

    @transaction.atomic
    def perform_update(self, serializer: Any) -> None:
        task = Task.objects.select_for_update().get(pk=serializer.instance.pk)
        if task.status == "New" and serializer.validated_data.get("status") == "In_Progress":
            serializer.instance = self._start(task)
        self._tell("task.started", serializer.instance, self.get_serializer(serializer.instance).data)

    @action(detail=False, methods=["post"])
    def claim(self, request: Request) -> Response:
        with transaction.atomic():
            waiting = Task.objects.filter(project_id=1, status="New", performer=None, is_blocked=False)
            task = waiting.order_by("-priority", "due_at", "id").select_for_update(skip_locked=True).first()
            if task is None:
                return Response(status=status.HTTP_204_NO_CONTENT)
            shown = self.get_serializer(self._start(task)).data
            self._tell("task.started", task, shown)
        return Response(shown)

    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data, many=True)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            tasks = serializer.save(owner=request.user)
            for task, shown in zip(tasks, serializer.data, strict=True):
                self._tell("task.created", task, shown)
        return Response(serializer.data, status=status.HTTP_201_CREATED)

    def _start(self, task: Task) -> Task:
        now = timezone.now()
        task.status, task.performer, task.started_at, task.running_since = "In_Progress", self.request.user, now, now
        task.version += 1
        task.save()
        Interval.objects.create(task=task, performer=task.performer, started_at=now)
        return task

    def _tell(self, type_: str, task: Task, shown: Any) -> None:
        data = {"task": dict(shown), "actor": self.request.user.username, "changed": {}}
        Event.objects.create(type=type_, subject=f"tasks/{task.pk}", data=data)


router = DefaultRouter()
router.register("tasks", TaskViewSet)
urlpatterns = [path("api/", include(router.urls)), path("api/auth/jwt/create/", TokenObtainPairView.as_view())]
