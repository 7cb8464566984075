"""Logging in and out: simplejwt's serializers behind the limit on wrong passwords."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from djirgo.accounts import jwt, login_limit
from djirgo.accounts.api.fields import Password, Username
from djirgo.accounts.authentication import DeadToken
from djirgo.accounts.models import User
from djirgo.rest.response import Response
from djirgo.rest.serializers import Strict, StrictSerializer, Text
from djirgo.rest.views import GenericAPIView

NOTHING = {200: OpenApiResponse({"type": "object", "additionalProperties": False}, "It was good.")}


class TooManyTries(Throttled):
    default_code = "too_many_login_tries"

    def __init__(self, seconds: int) -> None:
        super().__init__(detail=f"Too many wrong passwords. Try again in {seconds} seconds.")
        self.wait = seconds


class TokenPairOutput(serializers.Serializer[Any]):
    """An access token to send as `Authorization: Bearer …`, and a refresh token to get the next pair with."""

    refresh = serializers.CharField()
    access = serializers.CharField()


class LoginSerializer(Strict, jwt.TokenObtainPairSerializer):
    """A username, in any case, and its password."""

    token_class = jwt.RefreshToken

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"] = Username(write_only=True)
        self.fields["password"] = Password(write_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        request, username = self.context["request"], attrs["username"]
        with login_limit.one_at_a_time(request, username):
            try:
                pair = super().validate(attrs)
            except AuthenticationFailed:
                if login_limit.is_locked(request):
                    raise TooManyTries(login_limit.seconds_locked(request, username)) from None
                raise
            user_logged_in.send(User, request=request, user=self.user)
        return pair


class RefreshSerializer(Strict, jwt.TokenRefreshSerializer):
    """A refresh token that has not been used yet."""

    token_class = jwt.RefreshToken
    refresh = Text()

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        with transaction.atomic():
            return super().validate(attrs)


class VerifySerializer(StrictSerializer):
    """A token of either kind."""

    token = Text(write_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        jwt.AnyToken(attrs["token"])
        return {}


class LogoutSerializer(Strict, jwt.TokenBlacklistSerializer):
    """The refresh token that is to die."""

    token_class = jwt.RefreshToken
    refresh = Text(write_only=True)


class SessionView(GenericAPIView):
    """Whoever comes here is not logged in, or no longer; what is answered here is not written down."""

    authentication_classes = ()
    permission_classes = ()
    keeps_answers = False

    def get_authenticate_header(self, request: Request) -> str:
        return "Bearer"

    def post(self, request: Request) -> Response:  # type: ignore[override]
        serializer = self.get_serializer(data=request.data)
        try:
            serializer.is_valid(raise_exception=True)
        except jwt.TokenError:
            raise DeadToken from None
        return Response(serializer.validated_data)


@extend_schema_view(post=extend_schema(operation_id="log_in", responses=TokenPairOutput))
class LoginView(SessionView):
    """A username and its password for an access token, which lives for minutes, and a refresh token, for days."""

    serializer_class = LoginSerializer


@extend_schema_view(post=extend_schema(operation_id="refresh_session", responses=TokenPairOutput))
class RefreshView(SessionView):
    """A refresh token for a new pair. It works once."""

    serializer_class = RefreshSerializer


@extend_schema_view(post=extend_schema(operation_id="verify_token", responses=NOTHING))
class VerifyView(SessionView):
    """Whether a token, of either kind, is good."""

    serializer_class = VerifySerializer


@extend_schema_view(post=extend_schema(operation_id="log_out", responses=NOTHING))
class LogoutView(SessionView):
    """The end of a refresh token. The access token that came with it lives out its minutes."""

    serializer_class = LogoutSerializer
