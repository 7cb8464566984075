"""Bots over HTTP: made and closed by the people who answer for them."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from djirgo.accounts.api.fields import Username
from djirgo.accounts.models import User
from djirgo.accounts.permissions import InSession
from djirgo.events.envelope import instant
from djirgo.rest.response import Response
from djirgo.rest.serializers import StrictSerializer
from djirgo.rest.views import GenericViewSet


class BotInput(StrictSerializer):
    shown_only = frozenset({"id", "is_bot", "is_active", "answers_for_it", "created_at"})

    username = Username(validators=User._meta.get_field("username").validators)


class BotOutput(serializers.Serializer[Any]):
    """The bot as `represent` shows it, for the OpenAPI document."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    is_bot = serializers.BooleanField(help_text="It is.")
    is_active = serializers.BooleanField(help_text="Whether it may do anything.")
    answers_for_it = serializers.CharField(help_text="The username of the person who made it, or was handed it.")
    created_at = serializers.DateTimeField()


class BotViewSet(GenericViewSet):
    """The bots that you answer for; the staff sees all of them."""

    permission_classes = (IsAuthenticated, InSession)
    queryset = User.objects.open().filter(is_bot=True)
    serializer_class = BotOutput
    lookup_value_regex = r"\d{1,18}"

    def list(self, request: Request) -> Response:
        bots = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([represent(bot) for bot in bots or ()])

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(represent(self.get_object()))

    @extend_schema(request=BotInput, responses={201: BotOutput})
    def create(self, request: Request) -> Response:
        """Make a bot: a user that has only API tokens, and that you answer for."""
        said = BotInput(data=request.data)
        said.is_valid(raise_exception=True)
        bot = User.create_bot(said.validated_data["username"], by=request.user, at=timezone.now())  # type: ignore[arg-type]
        headers = {"Location": request.build_absolute_uri(f"/api/bots/{bot.pk}/")}
        return Response(represent(bot), status.HTTP_201_CREATED, headers=headers)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Close the bot's account, for good: its tokens are dead, its name is free again, and its tasks stay."""
        self.get_object().close(at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def get_queryset(self) -> Any:
        return User.objects.bots_visible_to(self.request.user).select_related("responsible")  # type: ignore[arg-type]


def represent(bot: User) -> dict[str, Any]:
    return {
        "id": bot.pk,
        "username": bot.username,
        "is_bot": bot.is_bot,
        "is_active": bot.is_active,
        "answers_for_it": bot.responsible.username if bot.responsible else None,
        "created_at": instant(bot.date_joined),
    }
