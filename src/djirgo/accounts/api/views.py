"""Accounts over HTTP: djoser's views for one's own, and the list of everybody."""

from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone
from djoser.views import UserViewSet as DjoserViewSet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from djirgo.accounts.api.schema import CLOSE_ACCOUNT
from djirgo.accounts.api.serializers import (
    AccountSerializer,
    ConfirmResetSerializer,
    RegistrationSerializer,
    ResetPasswordSerializer,
    SetPasswordSerializer,
    UserOutput,
)
from djirgo.accounts.authentication import current_user
from djirgo.accounts.emails import tell_how_to_reset_password
from djirgo.accounts.models import User
from djirgo.accounts.permissions import InSession
from djirgo.errors import Forbidden
from djirgo.rest.pages import Ordering
from djirgo.rest.response import Response
from djirgo.rest.views import Conventions, GenericViewSet


class RegistrationClosed(Forbidden):
    code = "registration_closed"


class UserViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """Everybody whose account is open: who they are, and nothing else about them."""

    queryset = User.objects.open()
    serializer_class = UserOutput
    orderings: ClassVar[tuple[Ordering, ...]] = (Ordering("id", "id", False),)
    lookup_value_regex = r"\d{1,18}"


class AccountViewSet(Conventions, DjoserViewSet):
    """One's own account. The addresses say which of djoser's actions there are, and which of them are for everybody."""

    permission_classes = (IsAuthenticated, InSession)

    def get_permissions(self) -> list[BasePermission]:
        return [permission() for permission in self.permission_classes]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.auth is not None:
            request.user = current_user(request.auth)  # type: ignore[arg-type]

    @extend_schema(operation_id="register", request=RegistrationSerializer, responses={201: AccountSerializer})
    def create(self, request: Request) -> Response:
        """Register."""
        if settings.REGISTRATION == "closed":
            raise RegistrationClosed("Registration is closed here. Ask whoever runs this server for an account.")
        registered = super().create(request)
        return Response(registered.data, registered.status_code)

    @extend_schema(methods=["GET"], operation_id="show_account", responses=AccountSerializer)
    @extend_schema(methods=["PATCH"], operation_id="change_account", responses=AccountSerializer)
    @extend_schema(methods=["DELETE"], operation=CLOSE_ACCOUNT)
    def me(self, request: Request) -> Response:
        """Your own account."""
        if request.method == "HEAD":  # which djoser does not know
            self.get_object = self.get_instance
            return self.retrieve(request)  # type: ignore[no-any-return]
        return super().me(request)  # type: ignore[no-any-return]

    def perform_destroy(self, instance: User) -> None:
        instance.close(at=timezone.now())

    @extend_schema(operation_id="set_password", request=SetPasswordSerializer, responses={204: None})
    def set_password(self, request: Request) -> Response:
        """Set a new password. It ends every session, this one too."""
        said = self._checked().validated_data
        user: User = self.get_instance()
        user.set_password(said["new_password"])
        user.save(update_fields=["password"])
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(operation_id="reset_password", request=ResetPasswordSerializer, responses={204: None})
    def reset_password(self, request: Request) -> Response:
        """Ask for a new password by e-mail. The answer is the same whether or not anybody has this address."""
        for user in User.objects.resettable_at(self._checked().validated_data["email"]):
            tell_how_to_reset_password(user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(operation_id="confirm_reset", request=ConfirmResetSerializer, responses={204: None})
    def reset_password_confirm(self, request: Request) -> Response:
        """Set a new password with what the e-mail said. It ends every session."""
        serializer = self._checked()
        user: User = serializer.user  # type: ignore[attr-defined]
        user.set_password(serializer.validated_data["new_password"])
        user.save(update_fields=["password"])
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _checked(self) -> BaseSerializer[Any]:
        serializer: BaseSerializer[Any] = self.get_serializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer
