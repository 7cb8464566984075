"""Distribution over HTTP."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request

from djirgo.accounts.models import User
from djirgo.distribution.api.serializers import (
    DistributedOutput,
    DistributeInput,
    DistributeParameters,
    RehearsedOutput,
    show,
)
from djirgo.distribution.distribute import distribute, rehearse
from djirgo.rest.response import Response
from djirgo.rest.views import GenericViewSet
from djirgo.tasks.models import Project

DRY_RUN = OpenApiParameter("dry_run", bool, description="Change nothing, and say what would happen.", default=False)


class DistributionViewSet(GenericViewSet):
    lookup_value_regex = r"\d{1,18}"
    queryset = Project.objects.all()
    serializer_class = DistributeInput

    @extend_schema(
        operation_id="projects_distribute",
        parameters=[DRY_RUN],
        request=DistributeInput,
        responses=PolymorphicProxySerializer(
            "Distribution", serializers=[DistributedOutput, RehearsedOutput], resource_type_field_name=None
        ),
    )
    @action(detail=True, methods=["post"], pagination_class=None)
    def distribute(self, request: Request, pk: str) -> Response:
        """Give out what can be given now, and say why the rest waits; for managers."""
        DistributeInput(data=request.data).is_valid(raise_exception=True)
        project, user = self._project(), self._user
        if self._is_dry_run():
            return Response(show(rehearse(project, by=user), given_as="would_give"))
        return Response(show(distribute(project, by=user, at=timezone.now()), given_as="given"))

    def allowed_parameters(self, request: Request) -> frozenset[str]:
        return frozenset({"dry_run"})

    def _is_dry_run(self) -> bool:
        said = DistributeParameters(data=self.request.query_params.dict())
        said.is_valid(raise_exception=True)
        return bool(said.validated_data["dry_run"] == "true")

    def _project(self) -> Project:
        project = Project.objects.visible_to(self.request.user).filter(pk=self.kwargs["pk"]).first()
        if project is None:
            raise Http404
        return project

    @property
    def _user(self) -> User:
        return self.request.user  # type: ignore[return-value]
