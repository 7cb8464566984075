"""Checking what is said about accounts: djoser's serializers, held to the contract."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError
from djoser import serializers as djoser
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import get_error_detail

from djirgo.accounts.api.fields import Password, Username
from djirgo.accounts.models import User
from djirgo.accounts.models.user import TAKEN
from djirgo.rest.serializers import Strict, Text


class UserOutput(serializers.ModelSerializer[User]):
    """What anybody who is logged in may know about anybody."""

    class Meta:
        model = User
        fields = read_only_fields = ("id", "username", "is_bot")


class AccountSerializer(Strict, djoser.UserSerializer):
    """What people may know and say about themselves."""

    class Meta(djoser.UserSerializer.Meta):
        fields = ("id", "username", "email")

    def update(self, instance: User, validated_data: dict[str, Any]) -> User:
        instance.email = validated_data.get("email", instance.email)
        instance.save(update_fields=["email"])
        return instance


class RegistrationSerializer(Strict, djoser.UserCreateSerializer):
    """A name that is free, and a password; an address is needed only to reset it."""

    username = Username(validators=User._meta.get_field("username").validators)
    password = Password(write_only=True)

    class Meta(djoser.UserCreateSerializer.Meta):
        fields = ("id", "username", "email", "password")

    def validate_username(self, username: str) -> str:
        if User.objects.named(username).exists():
            raise ValidationError(TAKEN, code="unique")
        return username

    def create(self, validated_data: dict[str, Any]) -> User:
        try:
            user: User = self.perform_create(validated_data)
        except IntegrityError:  # somebody was quicker
            raise ValidationError({"username": [ErrorDetail(str(TAKEN), "unique")]}) from None
        return user


class SetPasswordSerializer(Strict, djoser.CurrentPasswordSerializer):
    """The new password, and the one that holds until now."""

    new_password = Password()
    current_password = Password()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        refuse_weak(attrs["new_password"], self.context["request"].user)
        return attrs


class CloseAccountSerializer(Strict, djoser.UserDeleteSerializer):
    """The password, so that nobody else closes an account."""

    current_password = Password()


class ResetPasswordSerializer(Strict, djoser.SendEmailResetSerializer):
    """The address that the account was given."""


class ConfirmResetSerializer(Strict, djoser.UidAndTokenSerializer):
    """What the e-mail said, and the new password."""

    uid = Text(max_length=100)
    token = Text(max_length=100)
    new_password = Password()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        said: dict[str, Any] = super().validate(attrs)
        refuse_weak(said["new_password"], self.user)
        return said


def refuse_weak(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except DjangoValidationError as weak:
        raise ValidationError({"new_password": get_error_detail(weak)}) from None
