"""Projects and their members over HTTP. What somebody may not see is not there, whatever they ask of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, TypedDict

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request

from djirgo.accounts.models import User
from djirgo.rest.pages import Ordering
from djirgo.rest.response import Response
from djirgo.rest.serializers import StrictSerializer
from djirgo.rest.views import GenericViewSet
from djirgo.tasks.api.project_serializers import (
    AdmissionInput,
    ChangedMemberOutput,
    MemberEditsInput,
    MemberOutput,
    ProjectDetailOutput,
    ProjectInput,
    ProjectOutput,
)
from djirgo.tasks.models import Membership, Project, Role, Task
from djirgo.tasks.models.count import counts
from djirgo.tasks.models.membership import MembershipQuerySet
from djirgo.tasks.models.project import ProjectQuerySet

LARGEST_ID_DIGITS = 18


class Said(TypedDict):
    """Who said it, and when."""

    by: User
    at: datetime


class ProjectViews(GenericViewSet):
    """What the views of projects and of their members share."""

    def _projects(self) -> ProjectQuerySet:
        """Those that are there for the one who asks, with what they were made in each."""
        return Project.objects.visible_to(self._user).with_role_given_to(self._user)

    def _project(self, pk: str) -> Project:
        project = self._projects().filter(pk=pk).first()
        if project is None:
            raise Http404
        return project

    def _role_in(self, project: Project) -> Role:
        return project.role_made_of(project.role_given, self._user) or Role.VIEWER

    def _checked(self, serializer_class: type[StrictSerializer], *, partial: bool = False) -> dict[str, Any]:
        said = serializer_class(data=self.request.data, partial=partial, context={"request": self.request})
        said.is_valid(raise_exception=True)
        checked: dict[str, Any] = said.validated_data
        return checked

    @property
    def _user(self) -> User:
        return self.request.user  # type: ignore[return-value]

    def _said(self) -> Said:
        return {"by": self._user, "at": timezone.now()}


class ProjectViewSet(ProjectViews):
    lookup_value_regex = r"\d{1,18}"
    serializer_class = ProjectOutput
    queryset = Project.objects.all()
    orderings: ClassVar[tuple[Ordering, ...]] = (Ordering("id", "id", False),)

    def list(self, request: Request) -> Response:
        projects = self.paginate_queryset(self._projects())
        return self.get_paginated_response([self._line(project) for project in projects or ()])

    @extend_schema(responses=ProjectDetailOutput)
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(self._project(pk))

    @extend_schema(request=ProjectInput, responses={201: ProjectDetailOutput})
    def create(self, request: Request) -> Response:
        """Found a project. You are its owner."""
        project = Project.create(**self._said(), **self._checked(ProjectInput))
        response = self._shown(self._project(str(project.pk)))
        response.status_code = status.HTTP_201_CREATED
        response["Location"] = request.build_absolute_uri(f"/api/projects/{project.pk}/")
        return response

    @extend_schema(request=ProjectInput, responses=ProjectDetailOutput)
    def partial_update(self, request: Request, pk: str) -> Response:
        project = self._project(pk)
        return self._shown(project.edit(**self._said(), **self._checked(ProjectInput, partial=True)))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a project that has no tasks any more."""
        self._project(pk).delete_for_good(**self._said())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _line(self, project: Project) -> dict[str, Any]:
        return project.shown() | {"role": self._role_in(project).word}

    def _shown(self, project: Project) -> Response:
        sees_all = project.is_seen_whole_as(self._role_in(project))
        return Response(self._line(project) | {"counts": counts(project.pk) if sees_all else None})


PROJECT = OpenApiParameter("id", {"type": "string", "pattern": r"^\d{1,18}$"}, OpenApiParameter.PATH)
USER = OpenApiParameter(
    "user",
    {"type": "string", "pattern": r"^[\w.@+-]{1,150}$"},
    OpenApiParameter.PATH,
    description="The user's id; a username that does not consist of digits; or `me`.",
)


@extend_schema_view(
    list=extend_schema(parameters=[PROJECT]),
    retrieve=extend_schema(parameters=[PROJECT, USER]),
    create=extend_schema(parameters=[PROJECT]),
    partial_update=extend_schema(parameters=[PROJECT, USER]),
    destroy=extend_schema(parameters=[PROJECT, USER]),
)
class MemberViewSet(ProjectViews):
    """Digits are always an id: whoever is called by digits is found by their id."""

    lookup_field = "user"
    lookup_value_regex = r"[\w.@+-]{1,150}"
    serializer_class = MemberOutput
    queryset = Membership.objects.all()
    orderings: ClassVar[tuple[Ordering, ...]] = (Ordering("id", "user_id", False),)

    def list(self, request: Request, id: str) -> Response:  # noqa: A002
        project = self._project(id)
        members = self.paginate_queryset(self._members_of(project))
        return self.get_paginated_response(self._lines(project, members or ()))

    def retrieve(self, request: Request, id: str, user: str) -> Response:  # noqa: A002
        project = self._project(id)
        return Response(self._line(project, project.member(self._named(user))))

    @extend_schema(request=AdmissionInput, responses={201: MemberOutput})
    def create(self, request: Request, id: str) -> Response:  # noqa: A002
        """Take somebody in. Into an open project everybody may bring themselves."""
        project = self._project(id)
        edits = self._checked(AdmissionInput)
        member = project.admit(edits.pop("username"), **self._said(), **edits)
        address = request.build_absolute_uri(f"/api/projects/{project.pk}/members/{member.user_id}/")
        return Response(self._line(project, member), status.HTTP_201_CREATED, headers={"Location": address})

    @extend_schema(request=MemberEditsInput, responses=ChangedMemberOutput)
    def partial_update(self, request: Request, id: str, user: str) -> Response:  # noqa: A002
        """Change what somebody is, can do and may be given. Whether you are there you may say yourself."""
        project = self._project(id)
        edits = self._checked(MemberEditsInput, partial=True)
        member = project.change_member(self._named(user), **self._said(), **edits)
        not_started = Task.objects.filter(project=project).waiting_for(member.user).count()
        after = {"not_started": not_started, "handed_back": member.handed_back}
        return Response(self._line(project, member) | after)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str, user: str) -> Response:  # noqa: A002
        """Let somebody go, or go yourself. What they had comes back."""
        self._project(id).remove_member(self._named(user), **self._said())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _named(self, name: str) -> User:
        """Whoever the address names."""
        if name == "me":
            return self._user
        if name.isascii() and name.isdigit():
            found = User.objects.filter(pk=name) if len(name) <= LARGEST_ID_DIGITS else User.objects.none()
        else:
            found = User.objects.named(name)
        user = found.filter(closed_at=None).first()
        if user is None:
            raise Http404
        return user

    def _members_of(self, project: Project) -> MembershipQuerySet:
        members = Membership.objects.filter(project=project).with_open_account()
        return members.select_related("user")

    def _lines(self, project: Project, members: Sequence[Membership]) -> Sequence[dict[str, Any]]:
        """With how much each of them has to do, as far as the one who asks may know."""
        sees_all = project.is_seen_whole_as(self._role_in(project))
        people = [member.user_id for member in members]
        loads = Task.objects.filter(project=project, performer__in=people).loads()
        known = {member.user_id for member in members if sees_all or member.user_id == self._user.pk}
        return [
            member.shown() | {"load": loads.get(member.user_id, 0) if member.user_id in known else None}
            for member in members
        ]

    def _line(self, project: Project, member: Membership) -> dict[str, Any]:
        return self._lines(project, [member])[0]
