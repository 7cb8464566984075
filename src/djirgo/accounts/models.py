"""Who: people and bots."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower


class User(AbstractUser):
    """Somebody who owns and performs tasks. A bot is a user that has only API tokens."""

    is_bot = models.BooleanField(default=False)
    #: Grows whenever every session has to end; a token that carries another value is dead.
    credentials_version = models.PositiveIntegerField(default=1, editable=False)

    class Meta(AbstractUser.Meta):
        constraints = [models.UniqueConstraint(Lower("username"), name="a_username_is_taken_in_any_case")]
