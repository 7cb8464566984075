"""Who: people and bots, and the tokens that act as them."""

from djirgo.accounts.models.token import ApiToken, Scope
from djirgo.accounts.models.user import User

__all__ = ["ApiToken", "Scope", "User"]
