"""How names and passwords are read from a request."""

from typing import Any

from djirgo.accounts.models import User
from djirgo.rest.serializers import Text

LONGEST_PASSWORD = 4096


class Username(Text):
    """In the one form in which it is kept, before it is measured."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=User._meta.get_field("username").max_length, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return User.normalize_username(super().to_internal_value(data))


class Password(Text):
    """Every character of it counts, the spaces too."""

    def __init__(self, **kwargs: Any) -> None:
        style = {"input_type": "password"}
        super().__init__(max_length=LONGEST_PASSWORD, trim_whitespace=False, style=style, **kwargs)
