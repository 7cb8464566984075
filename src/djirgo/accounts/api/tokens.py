"""API tokens over HTTP: made, looked at and deleted by people who have logged in."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from djirgo.accounts.models import ApiToken, Scope, User
from djirgo.accounts.models.token import LIFETIME, LONGEST_NAME
from djirgo.accounts.permissions import InSession
from djirgo.events.envelope import instant
from djirgo.rest.response import Response
from djirgo.rest.serializers import Instant, StrictSerializer, Text
from djirgo.rest.views import GenericViewSet

#: The fields that only the server writes.
SHOWN_ONLY = frozenset({"id", "user", "prefix", "created_at", "last_used_at", "token"})


class TokenInput(StrictSerializer):
    shown_only = SHOWN_ONLY

    name = Text(max_length=LONGEST_NAME, help_text="For you to know it by.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(Scope.choices), allow_empty=False, max_length=len(Scope)
    )
    expires_at = Instant(
        allow_null=True, required=False, help_text=f"In {LIFETIME.days} days if nothing is said; null is never."
    )
    bot = Text(
        max_length=150, allow_null=True, default=None, help_text="The bot that it acts as, one that you answer for."
    )

    def validate_scopes(self, scopes: list[str]) -> list[Scope]:
        if len(set(scopes)) < len(scopes):
            raise ValidationError([ErrorDetail("Say each of them once.", "repeated")])
        return [Scope(scope) for scope in scopes]

    def validate_bot(self, username: str | None) -> User | None:
        if username is None:
            return None
        try:
            return User.objects.bots_of(self.context["request"].user).named(username).get(is_active=True)
        except User.DoesNotExist:
            raise ValidationError("You answer for no bot of this name.", code="unknown_bot") from None


class TokenOutput(serializers.Serializer[Any]):
    """The token as `represent` shows it, for the OpenAPI document."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices))
    user = serializers.CharField(help_text="The username of whoever it acts as: you, or a bot.")
    prefix = serializers.CharField(help_text="What the token begins with.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")


class NewTokenOutput(TokenOutput):
    """The only answer that holds the token itself."""

    token = serializers.CharField(help_text="To be sent as `Authorization: Bearer …`. It is not shown again.")


class TokenViewSet(GenericViewSet):
    """Your own API tokens, and those of the bots that you answer for."""

    permission_classes = (IsAuthenticated, InSession)
    keeps_answers = False
    queryset = ApiToken.objects.all()
    serializer_class = TokenOutput
    lookup_value_regex = r"\d{1,18}"

    def list(self, request: Request) -> Response:
        tokens = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([represent(token) for token in tokens or ()])

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(represent(self.get_object()))

    @extend_schema(request=TokenInput, responses={201: NewTokenOutput})
    def create(self, request: Request) -> Response:
        """Make a token. This answer is the only one that shows it."""
        said = TokenInput(data=request.data, context={"request": request})
        said.is_valid(raise_exception=True)
        chosen, now = said.validated_data, timezone.now()
        person: User = request.user  # type: ignore[assignment]
        token, text = ApiToken.issue(
            chosen["name"],
            chosen["scopes"],
            acting_as=chosen["bot"] or person,
            expires_at=chosen.get("expires_at", now + LIFETIME),
            by=person,
            at=now,
        )
        headers = {"Location": request.build_absolute_uri(f"/api/tokens/{token.pk}/")}
        return Response(represent(token) | {"token": text}, status.HTTP_201_CREATED, headers=headers)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """End a token, at once and for good."""
        self.get_object().delete()
        return Response(status=status.HTTP_204_NO_CONTENT)

    def get_queryset(self) -> Any:
        return ApiToken.objects.managed_by(self.request.user).select_related("user")  # type: ignore[arg-type]


def represent(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.pk,
        "name": token.name,
        "scopes": token.scopes,
        "user": token.user.username,
        "prefix": token.prefix,
        "created_at": instant(token.created_at),
        "expires_at": token.expires_at and instant(token.expires_at),
        "last_used_at": token.last_used_at and instant(token.last_used_at),
    }
