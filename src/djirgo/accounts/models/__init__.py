"""Who: people and bots."""

from djirgo.accounts.models.user import User

__all__ = ["User"]
